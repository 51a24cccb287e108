// Bots that join as any client does, by the public HTTP API, and live in the world with the native executor, which asks for
// another seat when one is lost. The first one climbs the stairs, the others are all over the place.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cast } from '../../loadtest/scenarios/cast.ts';
import type { Run } from '../lib/launcher.ts';
import type { Service } from './service.ts';

const WORLD = 'plaza';
const JOIN_DEADLINE_MS = 60_000;
const FOREVER_S = 10 * 365 * 24 * 3600;
const SEED = 1;
const REPORT_S = 60; // its log is kept for as long as the system runs

export function bots(run: Run, count: number, program: string, data: string, web: { url: string }): Service {
  return {
    name: count === 1 ? '1 bot' : `${count} bots`,
    address: `in ${WORLD}`,
    logFile: path.join(data, 'logs/bots.log'),
    stopSignal: 'SIGTERM',
    async command() {
      const { motion, bots } = cast('spread', count, SEED);
      const seated = [];
      for (const bot of bots) seated.push({ ...bot, ...(await askForSeat(run, joinUrl(web), bot.name)) });
      const again = { report_s: REPORT_S, rejoin_url: joinUrl(web) };
      const scenario = { bots: seated, motion, duration_s: FOREVER_S, ...again };
      return { file: program, args: [], input: JSON.stringify(scenario) };
    },
    healthy: async () => true, // it runs or it has ended; what it sees is in its log
  };
}

export const joinUrl = (web: { url: string }) => `${web.url}/api/v1/worlds/${WORLD}/join`;

/** A join's answer. Whoever asks early waits for an instance. */
export async function askForSeat(run: Run, url: string, name: string): Promise<object> {
  const deadline = Date.now() + JOIN_DEADLINE_MS;
  for (;;) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
      signal: run.signal,
    }).catch((error: Error) => error);
    run.signal.throwIfAborted();
    if (response instanceof Response && response.ok) return (await response.json()) as object;
    const reason = response instanceof Response ? await response.text() : response.message;
    if (Date.now() > deadline)
      throw new Error(`no seat in ${WORLD} for ${JOIN_DEADLINE_MS / 1000} s: ${reason}`);
    await sleep(250);
  }
}
