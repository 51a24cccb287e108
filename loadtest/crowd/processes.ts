// What the processes of a system use: CPU time and memory of each with all its children, from /proc.
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which Linux has kept at 100 on every machine that we know (man 7 time). */
const CLOCK_TICKS_PER_SECOND = 100;

/** Root processes by what they are called. */
export type Roots = Readonly<Record<string, number>>;
export type Usage = { atMs: number; cpuSeconds: Record<string, number>; memoryMiB: Record<string, number> };

type Process = { pid: number; parent: number; cpuSeconds: number };

/** Uses so far. A process that is the root of one role is no child in another, as an instance is below the supervisor. */
export function usageOf(roots: Roots): Usage {
  const all = processes();
  const own = new Set(Object.values(roots));
  const usage: Usage = { atMs: Date.now(), cpuSeconds: {}, memoryMiB: {} };
  for (const [role, root] of Object.entries(roots)) {
    const tree = treeOf(root, all, own);
    usage.cpuSeconds[role] = tree.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
    usage.memoryMiB[role] = tree.reduce((sum, { pid }) => sum + memoryMiB(pid), 0);
  }
  return usage;
}

/** Cores used between two moments. */
export function coresBetween(from: Usage, to: Usage): Record<string, number> {
  const seconds = (to.atMs - from.atMs) / 1000;
  const cores = (role: string) => ((to.cpuSeconds[role] ?? 0) - (from.cpuSeconds[role] ?? 0)) / seconds;
  return Object.fromEntries(Object.keys(to.cpuSeconds).map((role) => [role, cores(role)]));
}

/** The children of a process, newest last. */
export const childrenOf = (pid: number): number[] =>
  processes()
    .filter(({ parent }) => parent === pid)
    .map((child) => child.pid);

/** Our own child that runs this program. */
export const childThatRuns = (program: string): number | undefined =>
  childrenOf(process.pid).find((pid) => readQuietly(`/proc/${pid}/cmdline`)?.startsWith(`${program}\0`));

function treeOf(root: number, all: readonly Process[], others: ReadonlySet<number>): Process[] {
  const tree = all.filter(({ pid }) => pid === root);
  for (const { pid } of tree)
    tree.push(...all.filter((process) => process.parent === pid && !others.has(process.pid)));
  return tree;
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = readQuietly(`/proc/${name}/stat`);
      return stat === undefined ? [] : [processOf(stat)];
    });
}

/** A line of /proc/PID/stat (man 5 proc); the name in brackets may hold anything. */
export function processOf(stat: string): Process {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const number = (column: number) => Number(fields[column - 3]);
  // Children that have ended count for who has waited for them: columns 16 and 17.
  const ticks = [14, 15, 16, 17].reduce((sum, column) => sum + number(column), 0);
  return { pid: Number.parseInt(stat, 10), parent: number(4), cpuSeconds: ticks / CLOCK_TICKS_PER_SECOND };
}

/** PSS: what it alone holds, and its share of what it has in common with others. */
function memoryMiB(pid: number): number {
  const rollup = readQuietly(`/proc/${pid}/smaps_rollup`);
  return Number(/^Pss: +(\d+) kB$/m.exec(rollup ?? '')?.[1] ?? 0) / 1024;
}

function readQuietly(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // it has ended meanwhile
  }
}
