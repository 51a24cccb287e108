// The command line of `npm run crowd`.
import path from 'node:path';
import { parse, wholeNumber } from '../../scripts/bootstrap/options.mjs';
import { checkoutRoot } from '../../scripts/bootstrap/places.mjs';
import { Problem } from '../../scripts/bootstrap/problem.mjs';
import { CROWDS, type Crowd } from '../scenarios/cast.ts';
import type { Network } from './impair.ts';

export type CrowdOptions = {
  conditions: { bots: number; seconds: number; crowd: Crowd; network: Network | null };
  seed: number;
  report: string;
  record: boolean;
  keep: boolean;
  port: number | undefined;
};

export function readCrowdOptions(args: string[]): CrowdOptions {
  const values = parse('crowd', args);
  const whole = (name: string, otherwise: number, least: number, most: number) =>
    wholeNumber(name, values[name] ?? String(otherwise), least, most);
  const seed = whole('seed', 1, 0, 2 ** 31);
  const [rttMs, jitterMs] = [whole('rtt', 0, 0, 2000), whole('jitter', 0, 0, 1000)];
  const lossPct = percentage('loss', values.loss ?? '0');
  const isBad = rttMs + jitterMs + lossPct > 0;
  return {
    conditions: {
      bots: whole('bots', 100, 1, 1000),
      seconds: whole('seconds', 60, 5, 24 * 3600),
      crowd: crowdOf(values.crowd ?? 'spread'),
      network: isBad ? { rttMs, jitterMs, lossPct, seed } : null,
    },
    seed,
    report: path.resolve(
      process.env.INIT_CWD ?? checkoutRoot,
      values.report ?? path.join(checkoutRoot, '.otherworld/crowd'),
    ),
    record: values.record === true,
    keep: values.keep === true,
    port: values.port === undefined ? undefined : whole('port', 0, 1, 65_000),
  };
}

function crowdOf(name: string): Crowd {
  const names = Object.keys(CROWDS) as Crowd[];
  const crowd = names.find((known) => known === name);
  if (!crowd) throw new Problem(`--crowd is “${name}”`, `give one of ${names.join(', ')}`);
  return crowd;
}

function percentage(name: string, text: string): number {
  const value = Number(text);
  if (text === '' || !(value >= 0 && value <= 100))
    throw new Problem(`--${name} is “${text}”`, 'give a number from 0 to 100');
  return value;
}
