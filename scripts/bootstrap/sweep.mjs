// The last step of every stop: kills whatever of this run is still alive. Every process we start inherits OTHERWORLD_RUN,
// so a run's processes are found by their environment, and nothing else is ever touched. In an orderly stop it finds nothing.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

let own = '';

/** Gives this run its name; a run inside a run (the tests start one) carries both names. */
export function nameRun() {
  own = `${process.pid}-${Date.now()}`;
  process.env.OTHERWORLD_RUN = [process.env.OTHERWORLD_RUN, own].filter(Boolean).join(' ');
}

/**
 * @param {string} run
 * @returns {number[]} pids of the run's processes other than this one
 */
export function processesOf(run) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => runsOf(pid).includes(run));
}

/** Kills what is left of this run; returns how many there were. */
export async function sweep(run = own) {
  if (!run) return 0;
  const killed = new Set();
  for (let round = 0; round < 40; round += 1) {
    const left = processesOf(run);
    if (left.length === 0) break;
    for (const pid of left) {
      killed.add(pid);
      try {
        process.kill(pid, 'SIGKILL');
      } catch {} // it ended by itself meanwhile
    }
    await sleep(50);
  }
  return killed.size;
}

/**
 * @param {number} pid
 * @returns {string[]} names of the runs that a process belongs to
 */
function runsOf(pid) {
  try {
    const line = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .find((entry) => entry.startsWith('OTHERWORLD_RUN='));
    return line?.slice('OTHERWORLD_RUN='.length).split(' ') ?? [];
  } catch {
    return []; // gone, a zombie, or another user's
  }
}
