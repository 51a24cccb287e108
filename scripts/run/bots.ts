// Bots that join as any client does, by the public HTTP API, and live in the world with the native executor, which asks for
// another seat when one is lost. The first one climbs the stairs, the others are all over the place.
import path from 'node:path';
import { cast } from '../../loadtest/scenarios/cast.ts';
import type { Run } from '../lib/launcher.ts';
import type { Service } from './service.ts';
import { visit, WORLD } from './visitors.ts';

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
      const seats = await visit(
        run.signal,
        web,
        bots.map(({ name }) => name),
      );
      const seated = bots.map((bot, at) => ({ ...bot, ...seats[at] }));
      const again = { report_s: REPORT_S, rejoin: { url: web.url, world: WORLD } };
      const scenario = { bots: seated, motion, duration_s: FOREVER_S, ...again };
      return { file: program, args: [], input: JSON.stringify(scenario) };
    },
    healthy: async () => true, // it runs or it has ended; what it sees is in its log
  };
}
