// A crowd in one instance, from the seats to the report: real processes, real sockets, the public API.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryTool } from '../../scripts/bootstrap/tool.mjs';
import type { Run } from '../../scripts/lib/launcher.ts';
import type { Running } from '../../scripts/run/system.ts';
import { visit } from '../../scripts/run/visitors.ts';
import type { Netcode } from '../../scripts/setup/rust.ts';
import { Samples } from '../compare/samples.ts';
import type { Conditions } from '../report.ts';
import type { Cast } from '../scenarios/cast.ts';
import { BotLines, type Line } from './bot-lines.ts';
import { Heartbeats } from './heartbeats.ts';
import { type Impairment, type ProxyReport, startProxy } from './impair.ts';
import { childrenOf, childThatRuns, type Roots, type Usage, usageOf } from './processes.ts';

/** After the last bot has come in, until everything is as it stays (unit: milliseconds). */
const SETTLE_MS = 8_000;
const JOIN_DEADLINE_MS = 60_000;
const REPORT_S = 2;

export type Stage = {
  run: Run;
  conditions: Conditions;
  cast: Cast;
  netcode: Netcode;
  web: { url: string };
  /** Where the bots' views are written, and how often (unit: seconds). */
  views: { path: string; every_s: number };
};

/** The time that counts (unit: microseconds since 1970), and what the processes had used at its ends. */
type Measurement = { usage: { start: Usage; end: Usage }; fromUnixUs: number; toUnixUs: number };

/** Everything that a play leaves, but for the two files. */
export type Played = Measurement & {
  /** From asking to be a guest to the way in, by bot (unit: milliseconds). */
  seatMs: Samples;
  lines: BotLines;
  heartbeats: Heartbeats;
  proxy: ProxyReport | undefined;
};

export async function play(stage: Stage, running: Running): Promise<Played> {
  const { run, conditions } = stage;
  const over = new AbortController();
  const signal = AbortSignal.any([run.signal, over.signal]);
  const heartbeats = new Heartbeats(stage.web.url);
  const following = heartbeats.follow(signal);
  try {
    await mkdir(path.dirname(stage.views.path), { recursive: true });
    const { seats, seatMs } = await run.step(`Seats for ${conditions.bots}`, (step) =>
      takeSeats(stage, step.report),
    );
    const proxy = await startNetwork(stage, running, signal);
    const bots = startBots(stage, seats, proxy?.via, signal);
    await run.step('Everybody comes in', (step) =>
      everybodyIn(bots, conditions.bots, run.signal, step.report),
    );
    await run.step('Settle', () => sleep(SETTLE_MS, undefined, { signal }));
    const measurement = await run.step(`Play for ${conditions.seconds} s`, (step) =>
      measure(stage, bots, heartbeats, running, step.report),
    );
    await bots.stop();
    await sleep(1500); // until the proxy has told its last figures
    await proxy?.stop();
    return { seatMs, lines: bots.lines, heartbeats, proxy: proxy?.last(), ...measurement };
  } finally {
    over.abort();
    await following;
  }
}

type Told = (detail: string, fraction?: number) => void;

async function takeSeats(
  { run, conditions, web, cast }: Stage,
  told: Told,
): Promise<{ seats: object[]; seatMs: Samples }> {
  const seatMs = new Samples();
  const names = cast.bots.map(({ name }) => name);
  const seats = await visit(run.signal, web, names, (count, tookMs) => {
    seatMs.push(tookMs);
    told(`${count}`, count / conditions.bots);
  });
  const instances = new Set(seats.map(({ instance }) => instance));
  if (instances.size !== 1)
    throw new Error(`the bots were seated in ${instances.size} instances instead of one`);
  return { seats: cast.bots.map((part, at) => ({ ...seats[at], ...part })), seatMs };
}

async function startNetwork(
  stage: Stage,
  running: Running,
  signal: AbortSignal,
): Promise<Impairment | undefined> {
  const { network } = stage.conditions;
  const target = running.instances[0]?.address;
  if (network === null) return undefined;
  if (!target) throw new Error('the instance has no UDP address');
  return startProxy(stage.netcode.impair, target, network, signal);
}

type Bots = {
  lines: BotLines /** Rejects when they end by themselves. */;
  ended: Promise<never>;
  stop(): Promise<void>;
};

function startBots(
  { conditions, cast, netcode, views }: Stage,
  seats: object[],
  via: string | undefined,
  signal: AbortSignal,
): Bots {
  const lines = new BotLines();
  const own = new AbortController();
  const scenario = {
    motion: cast.motion,
    bots: seats.map((seat) => ({ ...seat, pipe: conditions.pipe, ...(via ? { via } : {}) })),
    // It is told to stop when it has been measured; this only bounds it.
    duration_s: conditions.seconds + (JOIN_DEADLINE_MS + SETTLE_MS) / 1000 + 30,
    report_s: REPORT_S,
    views,
  };
  const running = tryTool(netcode.bot, [], {
    signal: AbortSignal.any([signal, own.signal]),
    input: JSON.stringify(scenario),
    onOutput: (text) => lines.take(JSON.parse(text) as Line),
  });
  const ended = running.then(({ code, errors }) => {
    throw new Error(`the bots ended with code ${code}: ${errors.trim()}`);
  });
  ended.catch(() => {}); // who waits for it hears it
  return {
    lines,
    ended,
    async stop() {
      own.abort();
      await running.catch(() => {}); // told to
    },
  };
}

async function everybodyIn(
  { lines, ended }: Bots,
  wanted: number,
  signal: AbortSignal,
  told: Told,
): Promise<void> {
  const deadline = Date.now() + JOIN_DEADLINE_MS;
  // Who is missing then is a figure of the report.
  while (lines.playing.size < wanted && Date.now() < deadline) {
    told(`${lines.playing.size} of ${wanted}`, lines.playing.size / wanted);
    await Promise.race([sleep(200, undefined, { signal }), ended]);
  }
}

/** The processes of the system by what the report calls them. */
function rootsOf({ services }: Running, { netcode, conditions }: Stage): Roots {
  const roots: Record<string, number> = {};
  const add = (role: string, pid: number | undefined) => {
    if (pid === undefined) throw new Error(`${role} does not run`);
    roots[role] = pid;
  };
  for (const { service, pid } of services) add(ROLES[service.name] ?? service.name, pid());
  add('instance', childrenOf(roots.supervisor ?? 0)[0]);
  add('bots', childThatRuns(netcode.bot));
  if (conditions.network) add('impair', childThatRuns(netcode.impair));
  return roots;
}

const ROLES: Readonly<Record<string, string>> = {
  PostgreSQL: 'database',
  Redis: 'redis',
  'Fleet supervisor': 'supervisor',
  'Control plane': 'controlPlane',
};

async function measure(
  stage: Stage,
  bots: Bots,
  heartbeats: Heartbeats,
  running: Running,
  told: Told,
): Promise<Measurement> {
  const { conditions, run } = stage;
  const roots = rootsOf(running, stage);
  const start = usageOf(roots);
  bots.lines.start();
  heartbeats.start();
  const [fromUnixUs, lengthMs] = [Date.now() * 1000, conditions.seconds * 1000];
  for (let passedMs = 0; passedMs < lengthMs; passedMs = Date.now() - fromUnixUs / 1000) {
    told(progressOf(bots.lines, heartbeats, passedMs), passedMs / lengthMs);
    const pause = sleep(Math.min(1000, lengthMs - passedMs), undefined, { signal: run.signal });
    await Promise.race([pause, bots.ended]);
  }
  bots.lines.end();
  heartbeats.end();
  return { usage: { start, end: usageOf(roots) }, fromUnixUs, toUnixUs: Date.now() * 1000 };
}

const progressOf = (lines: BotLines, { p99Ms, late }: Heartbeats, passedMs: number) =>
  `${Math.round(passedMs / 1000)} s, ${lines.playing.size} in, tick p99 ${p99Ms.toFixed(1)} ms, ${late} late, ${lines.kbps('down').quantile(0.5).toFixed(0)} kbit/s`;
