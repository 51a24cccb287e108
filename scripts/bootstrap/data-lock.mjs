// One running system per data folder. The launcher holds the lock while it runs and writes who it is beside it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tryLock } from './lock.mjs';
import { Problem } from './problem.mjs';

/** @param {string} data */
const lockFile = (data) => path.join(data, 'running.lock');
/** @param {string} data */
const ownerFile = (data) => path.join(data, 'running.json');

/**
 * Refuses early and clearly; the launcher's own lock is what counts.
 * @param {string} data
 */
export async function refuseSecondStart(data) {
  if (!existsSync(lockFile(data))) return;
  const release = await lockData(data);
  await release();
}

/**
 * @param {string} data
 * @param {{url: string}} [owner] written for the next one to read
 */
export async function lockData(data, owner) {
  const release = await tryLock(lockFile(data));
  if (!release) throw alreadyRunning(data);
  if (owner) writeFileSync(ownerFile(data), JSON.stringify({ pid: process.pid, ...owner }));
  return release;
}

/**
 * Holds the folder while its system is stopped, or says where it runs.
 * @param {string} data
 * @returns {Promise<{state: 'held', release: () => Promise<void>} | {state: 'running', url: string}>}
 */
export async function holdData(data) {
  const release = await tryLock(lockFile(data));
  if (release) return { state: 'held', release: async () => void (await release()) };
  const owner = ownerOf(data);
  if (owner) return { state: 'running', url: owner.url };
  throw new Problem(`The system in ${data} is just starting`, 'try again in a moment');
}

/**
 * Undefined while it is just starting.
 * @param {string} data
 * @returns {{pid: number, url: string} | undefined}
 */
function ownerOf(data) {
  try {
    return JSON.parse(readFileSync(ownerFile(data), 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {string} data */
function alreadyRunning(data) {
  const owner = ownerOf(data);
  const where = owner ? ` (process ${owner.pid}, ${owner.url})` : '';
  return new Problem(
    `Otherworld already runs with the data in ${data}${where}`,
    'use that one, stop it first, or give this one its own --data DIR and --port N',
  );
}
