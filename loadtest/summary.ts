// A report for the eyes: the aims first, then the figures behind them.
import type { Report, Spread } from './report.ts';

export function summaryOf(report: Report): string {
  const { conditions, server, client, cores, memoryMiB, aims, failures, doubts } = report;
  const { near, far, corrections } = client;
  const rows: [string, string][] = [
    [
      'tick',
      `p50 ${n(server.tickMs.p50)}, p99 ${n(server.tickMs.p99)}, p99.9 ${n(server.tickMs.p999)}, max ${n(server.tickMs.max)} ms; ${server.ticks} ticks, ${server.lateTicks} late, ${server.droppedTicks} given up, ${server.allocations} allocations`,
    ],
    ['seats', `${spread(report.seatMs)} ms from asking to the way in, by bot`],
    ['down', `${spread(client.downKbps)} kbit/s on the wire, by bot`],
    ['up', `${spread(client.upKbps)} kbit/s`],
    ['near (<= 5 m)', ring(near.detail)],
    ['far (>= 15 m)', ring(far.detail)],
    [
      'view',
      `delay ${spread(client.viewDelayMs)} ms; oldest state p99 ${n(client.oldestStateMs.p99)}, max ${n(client.oldestStateMs.max)} ms; round trip ${spread(client.rttMs)} ms`,
    ],
    ['bodies', `error ${spread(client.bodyErrorM, 1000)} mm; ${report.bodies.length} moved`],
    [
      'corrections',
      `static ${of(corrections.static)}, dynamic ${of(corrections.dynamic)}, missed inputs ${of(corrections.missed)} for ${client.missedInputs} inputs`,
    ],
    ['cores', list(cores, 2)],
    ['memory', `${list(memoryMiB, 0)} MiB (PSS)`],
    ...proxyRow(report),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    '',
    `${conditions.bots} bots, ${conditions.crowd}, ${conditions.seconds} s, ${networkOf(report)}; ${report.commit} on ${report.machine}`,
    '',
    ...aims.map(
      ({ what, value, unit, aim, met }) => `  ${met ? '✓' : '✗'} ${what}: ${n(value)} ${unit} (${aim})`,
    ),
    '',
    ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
    ...failures.map((failure) => `  ✗ ${failure}`),
    ...doubts.map((doubt) => `  ? ${doubt}`),
    '',
  ].join('\n');
}

export function networkOf({ conditions: { network, pipe } }: Pick<Report, 'conditions'>): string {
  if (pipe === 'relay') return 'loopback, by the relay';
  return network === null
    ? 'loopback'
    : `RTT ${network.rttMs} ms + jitter ${network.jitterMs} ms each way, ${network.lossPct} % loss each way`;
}

const ring = ({
  updateHz,
  positionErrorM,
  headErrorM,
  handErrorM,
  ageMs,
  extrapolated,
  unseen,
}: Report['client']['near']['detail']) =>
  `${n(updateHz.p50)} Hz (p50 of ${updateHz.count}); place ${spread(positionErrorM, 1000)} mm; head ${spread(headErrorM, 1000)} mm; hands ${spread(handErrorM, 1000)} mm; age p50 ${n(ageMs.p50)} ms; ${n(extrapolated * 100)} % guessed, ${unseen} unseen`;

function proxyRow({ proxy }: Report): [string, string][] {
  if (!proxy) return [];
  const lost = ({ lost, received }: { lost: number; received: number }) =>
    n((lost / Math.max(received, 1)) * 100);
  return [
    [
      'network',
      `lost ${lost(proxy.up)} % up, ${lost(proxy.down)} % down; the proxy's own delay p50 ${proxy.late_us.p50}, p99 ${proxy.late_us.p99} µs`,
    ],
  ];
}

const spread = ({ p50, p95, max }: Pick<Spread, 'p50' | 'p95' | 'max'>, times = 1) =>
  `p50 ${n(p50 * times)}, p95 ${n(p95 * times)}, max ${n(max * times)}`;
const of = ({ count, maxMm }: { count: number; maxMm: number }) => `${count} (max ${n(maxMm)} mm)`;
const list = (values: Record<string, number>, digits: number) =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value.toFixed(digits)}`)
    .join(', ');

/** Three digits, as many as anybody reads. */
const n = (value: number) =>
  Number.isNaN(value) ? '–' : String(Number(value.toPrecision(value >= 1000 ? 6 : 3)));
