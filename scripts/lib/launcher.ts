// What every program under Node 24 begins with: its connection to the bootstrap that started it. Progress goes up, a
// stop request comes down as an abort signal; when the bootstrap dies (kill -9), the connection breaks, which stops us too.
import { randomUUID } from 'node:crypto';
import { explain } from '../bootstrap/problem.mjs';
import { type ChildMessage, type ParentMessage, runStep, type Step } from '../bootstrap/progress.mjs';
import { sweep } from '../bootstrap/sweep.mjs';

export type { Step };

/** What a program can say and hear while it runs. */
export type Run = {
  /** Aborted when everything shall stop. */
  signal: AbortSignal;
  /** Does a named piece of work and shows it. */
  step<T>(title: string, work: (step: Step) => Promise<T>): Promise<T>;
  /** Shows a line. */
  print(text: string): void;
  /** Shows a line that deserves attention. */
  warn(text: string): void;
  /** Takes the web port over from the set-up page. */
  takeWebPort(): Promise<void>;
  /** Stops the program from inside, as a stop request from outside does. */
  stop(): void;
};

/** Runs a program to its end and exits with its code. */
export async function launched(main: (run: Run) => Promise<number>): Promise<never> {
  const stop = new AbortController();
  process.on('disconnect', () => stop.abort());
  process.on('message', (message: ParentMessage) => {
    if (message.type === 'stop') stop.abort();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  let code = 1;
  try {
    code = await main(createRun(stop));
  } catch (error) {
    if (stop.signal.aborted) code = 130;
    else await tell({ type: 'failed', text: explain(error) });
  }
  if (!process.connected) await sweep(process.env.OTHERWORLD_RUN?.split(' ').at(-1));
  process.exit(code);
}

function createRun(stop: AbortController): Run {
  return {
    signal: stop.signal,
    step: (title, work) => runStep((row) => void tell({ type: 'step', row }), randomUUID(), title, work),
    print: (text) => void tell({ type: 'print', text }),
    warn: (text) => void tell({ type: 'warn', text }),
    stop: () => stop.abort(),
    async takeWebPort() {
      const answer = Promise.withResolvers<void>();
      const onMessage = (message: ParentMessage) => message.type === 'handed-over' && answer.resolve();
      process.on('message', onMessage);
      stop.signal.addEventListener('abort', () => answer.resolve(), { once: true });
      await tell({ type: 'handover' });
      await answer.promise;
      process.off('message', onMessage);
    },
  };
}

/** Sends a message up; resolves when it has left, so that an exit does not swallow the last one. */
function tell(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send) process.send(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
