// A visitor whose fate a test looks at: a guest with a seat of their own, played by the executor that also plays the bots.
import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { type Seated, visit } from '../../run/visitors.ts';
import type { System } from './harness.ts';

/** A line of the executor, as far as tests look at it. */
export type Line = {
  type: string;
  cause?: string;
  state?: string;
  rejoining?: boolean;
  position?: readonly number[];
};

export const seatFor = async (system: System, name: string): Promise<Seated> =>
  (await visit(AbortSignal.timeout(60_000), { url: system.url }, [name]))[0] as Seated;

/** Plays one bot; the executor is that of the system's own bots, of which there must be one. */
export function play(system: System, seated: Seated, scenario: object, bot: object = {}) {
  const own = system.pidOf('bots');
  if (own === undefined) throw new Error('the system plays no bot whose executor could be taken');
  const child = spawn(readlinkSync(`/proc/${own}/exe`), { stdio: ['pipe', 'pipe', 'pipe'] });
  const lines: Line[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    const whole = (rest + part).split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) lines.push(JSON.parse(line) as Line);
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (part) => (errors += part));
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  child.stdin.end(JSON.stringify({ bots: [{ ...seated, ...bot }], duration_s: 60, ...scenario }));
  return {
    lines,
    ended,
    errors: () => errors,
    has: (type: string, what: Partial<Line> = {}) =>
      lines.some(
        (line) =>
          line.type === type &&
          Object.entries(what).every(([key, value]) => line[key as keyof Line] === value),
      ),
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}
