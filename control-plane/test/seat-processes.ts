// Starts the processes of `seat-holder.ts` and `seat-caller.ts` and speaks with them.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CallerReport, CallerTask } from './seat-caller.ts';
import type { HolderReport, HolderTask } from './seat-holder.ts';

async function start(file: string, task: object): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, file));
  const ready = said(child);
  child.send(task);
  await ready;
  return child;
}

async function said(child: ChildProcess): Promise<unknown> {
  const heard = new AbortController();
  const { signal } = heard;
  const over = once(child, 'exit', { signal }).then(([code, cause]) => {
    throw new Error(`the process ended: ${code ?? cause}`);
  });
  over.catch(() => {}); // it may end after its last word, too
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), over]);
    return message;
  } finally {
    heard.abort();
  }
}

export async function seatHolder(task: HolderTask) {
  const child = await start('seat-holder.ts', task);
  return {
    child,
    async report(): Promise<readonly HolderReport[]> {
      const answer = said(child);
      child.send('report');
      return (await answer) as readonly HolderReport[];
    },
    close: () => child.kill('SIGKILL'),
  };
}

export async function seatCaller(task: CallerTask) {
  const child = await start('seat-caller.ts', task);
  return {
    child,
    async run(): Promise<CallerReport> {
      const answer = said(child);
      child.send('go');
      return (await answer) as CallerReport;
    },
    close: () => child.kill('SIGKILL'),
  };
}
