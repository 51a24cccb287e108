// The command line of `npm run crowd`.
import path from 'node:path';
import { parse, wholeNumber } from '../../scripts/bootstrap/options.mjs';
import { checkoutRoot } from '../../scripts/bootstrap/places.mjs';
import { Problem } from '../../scripts/bootstrap/problem.mjs';
import type { Conditions } from '../report.ts';
import { CROWDS, type Crowd } from '../scenarios/cast.ts';

export type CrowdOptions = {
  conditions: Conditions & { crowd: Crowd };
  seed: number;
  report: string;
  record: boolean;
  keep: boolean;
  port: number | undefined;
};

/** Some hundred megabytes of views, whatever the length (unit of both: seconds). */
const viewsEvery = (seconds: number) => Math.min(Math.max(seconds / 120, 0.5), 5);

export function readCrowdOptions(args: string[]): CrowdOptions {
  const { values } = parse('crowd', args);
  const whole = (name: string, otherwise: number, least: number, most: number) =>
    wholeNumber(name, values[name] ?? String(otherwise), least, most);
  const seed = whole('seed', 1, 0, 2 ** 31);
  const [rttMs, jitterMs] = [whole('rtt', 0, 0, 2000), whole('jitter', 0, 0, 1000)];
  const lossPct = number('loss', values.loss ?? '0', 0, 100);
  const isBad = rttMs + jitterMs + lossPct > 0;
  const pipe = pipeOf(values.pipe ?? 'udp');
  if (pipe === 'relay' && isBad)
    throw new Problem(
      '--pipe relay has no bad network',
      'leave out --rtt, --jitter and --loss: they are for UDP',
    );
  const seconds = whole('seconds', 60, 5, 24 * 3600);
  return {
    conditions: {
      bots: whole('bots', 100, 1, 1000),
      seconds,
      crowd: crowdOf(values.crowd ?? 'spread'),
      pipe,
      network: isBad ? { rttMs, jitterMs, lossPct, seed } : null,
      viewsEveryS: number('views', values.views ?? String(viewsEvery(seconds)), 0.02, 60),
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

function pipeOf(name: string): Conditions['pipe'] {
  if (name === 'udp' || name === 'relay') return name;
  throw new Problem(`--pipe is “${name}”`, 'give udp or relay');
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text === '' || !(value >= least && value <= most))
    throw new Problem(`--${name} is “${text}”`, `give a number from ${least} to ${most}`);
  return value;
}
