// What a supervisor wrote down before it died. setpriv's death signal takes its instances along, so a leftover is
// a surprise; if there is one all the same, the next supervisor ends it before it starts its own, and only if pid,
// start time and boot agree.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { identifyProcess, isSameProcess } from './proc.ts';

const processId = z.object({ pid: z.int().positive(), startTime: z.string(), boot: z.string() });
const schema = z.object({
  supervisor: processId,
  instances: z.array(processId.extend({ name: z.string() })),
});

/** How long the kernel may take to clear a killed process away (unit: milliseconds). */
const KILL_DEADLINE_MS = 5_000;

export class Journal {
  readonly #path: string;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#path = join(directory, 'fleet.json');
  }

  /** Ends what an earlier supervisor left behind and tells its names; refuses while that supervisor lives. */
  async takeOver(): Promise<string[]> {
    const last = this.#read();
    if (last === undefined) return [];
    if (isSameProcess(last.supervisor) && last.supervisor.pid !== process.pid) {
      throw new Error(
        `Another supervisor (process ${last.supervisor.pid}) already runs on this data folder; stop it first.`,
      );
    }
    const leftovers = last.instances.filter(isSameProcess);
    for (const { pid } of leftovers) killGroup(pid);
    const deadline = Date.now() + KILL_DEADLINE_MS;
    while (leftovers.some(isSameProcess) && Date.now() < deadline) await sleep(20);
    return leftovers.map(({ name }) => name);
  }

  write(instances: readonly { name: string; pid: number }[]): void {
    const known = instances.flatMap(({ name, pid }) => {
      const id = identifyProcess(pid);
      return id === undefined ? [] : [{ name, ...id }];
    });
    const next = `${this.#path}.next`;
    writeFileSync(next, JSON.stringify({ supervisor: identifyProcess(process.pid), instances: known }));
    renameSync(next, this.#path);
  }

  clear(): void {
    rmSync(this.#path, { force: true });
  }

  #read(): z.infer<typeof schema> | undefined {
    try {
      return schema.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch {
      return undefined; // none, or torn by a power cut
    }
  }
}

/** Kills a process group; says whether there was one. */
export function killGroup(leader: number, signal: NodeJS.Signals = 'SIGKILL'): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}
