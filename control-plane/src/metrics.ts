// What this process counts, for Prometheus. A feature makes its counters here, once, when its file is loaded, and counts
// where the thing happens; what is asked only when somebody scrapes is a gauge with a function.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const PREFIX = 'otherworld_';

export const metrics = new Registry();

/** CPU, memory, garbage collection, event-loop lag. */
collectDefaultMetrics({ register: metrics, prefix: PREFIX });

const registers = [metrics];

/** `name` without the prefix; ends in `_total`. */
export function counter<L extends string = never>(
  name: string,
  help: string,
  labelNames: L[] = [],
): Counter<L> {
  return new Counter({ name: PREFIX + name, help, labelNames, registers });
}

export function gauge<L extends string = never>(name: string, help: string, labelNames: L[] = []): Gauge<L> {
  return new Gauge({ name: PREFIX + name, help, labelNames, registers });
}

/** Asks `value` at each scrape; who registers the name again takes its place, as the next control plane of a test does. */
export function gaugeOf(name: string, help: string, value: () => number | Promise<number>): void {
  metrics.removeSingleMetric(PREFIX + name);
  new Gauge({
    name: PREFIX + name,
    help,
    registers,
    async collect() {
      this.set(await value());
    },
  });
}

/** Counts kept elsewhere, where a thousand a second pass: asked at each scrape, by the values of one label. */
export function countersOf<L extends string>(
  name: string,
  help: string,
  label: L,
  values: () => Readonly<Record<string, number>>,
): void {
  metrics.removeSingleMetric(PREFIX + name);
  new Counter({
    name: PREFIX + name,
    help,
    labelNames: [label],
    registers,
    collect() {
      this.reset();
      for (const [value, count] of Object.entries(values())) this.labels(value).inc(count);
    },
  });
}

/** Seconds, unless its name says otherwise. */
export function histogram<L extends string = never>(
  name: string,
  help: string,
  buckets: number[],
  labelNames: L[] = [],
): Histogram<L> {
  return new Histogram({ name: PREFIX + name, help, labelNames, buckets, registers });
}
