/**
 * Follows GET /api/v1/instances/stream for as long as the page lives.
 *
 * EventSource reconnects by itself but never says why it had to; so a broken stream is closed, the cause asked for with
 * a plain request, and the next attempt made after a pause that grows to five seconds.
 */
import { answerOf, api } from './client.ts';
import { BROKEN_STREAM } from './problem.ts';
import type { Instance, Problem, Telemetry } from './types.ts';

export type StreamEvent =
  | { type: 'instances'; instances: Instance[] }
  | { type: 'telemetry'; telemetry: Telemetry }
  | { type: 'lost'; problem: Problem; retryInMs: number };

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
const FIND_CAUSE_MS = 3_000;

export function pauseBefore(attempt: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
}

/** Returns the way to stop. */
export function followInstances(listener: (event: StreamEvent) => void): () => void {
  let stopped = false;
  let attempt = 0;
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = () => {
    clearTimeout(timer);
    source = new EventSource('/api/v1/instances/stream');
    source.addEventListener('instances', ({ data }) => {
      attempt = 0;
      const { instances } = JSON.parse(data) as { instances: Instance[] };
      listener({ type: 'instances', instances });
    });
    source.addEventListener('telemetry', ({ data }) => {
      listener({ type: 'telemetry', telemetry: JSON.parse(data) as Telemetry });
    });
    source.onerror = lose;
  };

  const lose = async () => {
    source?.close();
    const problem = await findCause();
    if (stopped) return;
    const retryInMs = pauseBefore(attempt);
    attempt += 1;
    listener({ type: 'lost', problem, retryInMs });
    timer = setTimeout(open, retryInMs);
  };

  open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    source?.close();
  };
}

async function findCause(): Promise<Problem> {
  const { problem } = await answerOf(
    api.GET('/api/v1/instances', { signal: AbortSignal.timeout(FIND_CAUSE_MS) }),
  );
  return problem ?? BROKEN_STREAM;
}
