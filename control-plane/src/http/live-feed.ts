// What one viewer of the live page is told: the instances when something changed, at most a few times a second,
// and telemetry as it comes. The next event is made when the last one has been taken, so a viewer who does not
// read costs one pending picture.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Directory } from '../instances/directory.ts';
import type { TelemetryHub } from '../instances/telemetry.ts';
import { instanceView, telemetryView } from './views.ts';

export interface FeedEvent {
  readonly event: 'instances' | 'telemetry' | 'stopping';
  readonly data: object;
}

/** Between two lists of instances; also the rate of a list that nothing else causes (units: milliseconds). */
const LIST_GAP_MS = 200;
const IDLE_MS = 5_000;

export async function* liveFeed(
  directory: Directory,
  hub: TelemetryHub,
  gone: AbortSignal,
  stopping: AbortSignal,
): AsyncGenerator<FeedEvent, void> {
  const signal = AbortSignal.any([gone, stopping]);
  let wake = () => {};
  let isListDue = true;
  let listedAtMs = Number.NEGATIVE_INFINITY;
  const viewer = hub.open(() => wake());
  const stop = directory.onChange(() => {
    isListDue = true;
    wake();
  });
  try {
    while (!signal.aborted) {
      const sinceListMs = performance.now() - listedAtMs;
      if ((isListDue && sinceListMs >= LIST_GAP_MS) || sinceListMs >= IDLE_MS) {
        isListDue = false;
        listedAtMs = performance.now();
        yield { event: 'instances', data: { instances: (await directory.known()).map(instanceView) } };
        continue;
      }
      const news = viewer.take();
      for (const [instance, telemetry] of news)
        yield { event: 'telemetry', data: telemetryView(instance, telemetry) };
      if (news.length > 0) continue;
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      // A change that comes too soon after a list must not be asked about in a loop.
      const patience = isListDue ? LIST_GAP_MS - sinceListMs : IDLE_MS - sinceListMs;
      const waiting = new AbortController();
      const either = AbortSignal.any([signal, waiting.signal]);
      await Promise.race([
        woken,
        sleep(Math.max(patience, 1), undefined, { signal: either }).catch(() => {}),
      ]);
      waiting.abort();
    }
    if (!gone.aborted) yield { event: 'stopping', data: {} };
  } finally {
    stop();
    viewer.close();
  }
}
