// What a run found out, as `report.json` holds it, and what was aimed at. `docs/benchmarks.md` says what each figure means.
import type { Samples } from './compare/samples.ts';
import { type Comparison, type RingReport, unseenMoves } from './compare.ts';
import { type BotLines, type Correction, HEADER_BYTES } from './crowd/bot-lines.ts';
import type { Heartbeats } from './crowd/heartbeats.ts';
import type { Network, ProxyReport } from './crowd/impair.ts';
import { coresBetween, type Usage } from './crowd/processes.ts';

export type Conditions = {
  bots: number;
  seconds: number;
  crowd: string;
  network: Network | null;
  /** The way in that the bots take. */
  pipe: 'udp' | 'relay';
  /** Between two views of a bot (unit: seconds). */
  viewsEveryS: number;
};
export type Spread = { p50: number; p95: number; p99: number; max: number };

/** What the parts of a run measured. */
export type Measured = {
  commit: string;
  machine: string;
  conditions: Conditions;
  seatMs: Samples;
  lines: BotLines;
  heartbeats: Heartbeats;
  usage: { start: Usage; end: Usage };
  proxy: ProxyReport | undefined;
  comparison: Comparison;
};

type Ring = { updateHz: number; positionErrorM: number; detail: RingReport };

export type Report = {
  date: string;
  commit: string;
  machine: string;
  conditions: Conditions;
  /** From asking to be a guest to the way in, by bot. */
  seatMs: Spread;
  joined: number;
  disconnects: number;
  returned: number;
  server: {
    ticks: number;
    lateTicks: number;
    droppedTicks: number;
    /** How often the tick's thread asked for memory. */
    allocations: number;
    tickMs: { p50: number; p99: number; p999: number; max: number };
  };
  client: {
    downKbps: Spread;
    upKbps: Spread;
    /** The median rate, and the error of 95 % of the views. */
    near: Ring;
    far: Ring;
    oldestStateMs: { p99: number; max: number };
    viewDelayMs: Spread;
    rttMs: Spread;
    corrections: { static: Correction; dynamic: Correction; missed: Correction };
    missedInputs: number;
    skippedTicks: number;
    bodyErrorM: Spread;
  };
  bodies: Comparison['bodies']['moved'];
  proxy: ProxyReport | null;
  cores: Record<string, number>;
  memoryMiB: Record<string, number>;
  aims: Aim[];
  /** What is plainly wrong. */
  failures: string[];
  /** What makes the figures doubtful. */
  doubts: string[];
};

export type Aim = { what: string; value: number; unit: string; aim: string; met: boolean };

export function makeReport(measured: Measured): Report {
  const { lines, heartbeats, comparison, usage, conditions, commit, machine, proxy } = measured;
  const { p50, p99, p999, max } = comparison.tickMs;
  const cores = coresBetween(usage.start, usage.end);
  const ages = [comparison.near, comparison.middle, comparison.far].map(({ ageMs }) => ageMs);
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    commit,
    machine,
    conditions,
    seatMs: measured.seatMs.quantiles(),
    joined: lines.connected.size,
    disconnects: lines.summary?.disconnects ?? lines.endings.length,
    returned: lines.returned,
    server: {
      ticks: heartbeats.ticks,
      lateTicks: heartbeats.late,
      droppedTicks: heartbeats.dropped,
      allocations: heartbeats.allocations,
      tickMs: { p50, p99, p999, max },
    },
    client: {
      downKbps: lines.kbps('down').quantiles(),
      upKbps: lines.kbps('up').quantiles(),
      near: ringOf(comparison.near),
      far: ringOf(comparison.far),
      oldestStateMs: { p99: most(ages.map((age) => age.p99)), max: most(ages.map((age) => age.max)) },
      viewDelayMs: lines.viewDelayMs.quantiles(),
      rttMs: lines.rttMs.quantiles(),
      corrections: lines.corrections,
      missedInputs: lines.missedInputs,
      skippedTicks: lines.skippedTicks,
      bodyErrorM: comparison.bodies.positionErrorM,
    },
    bodies: comparison.bodies.moved,
    proxy: proxy ?? null,
    cores: { ...cores, total: sum(Object.values(cores)) },
    memoryMiB: { ...usage.end.memoryMiB, total: sum(Object.values(usage.end.memoryMiB)) },
    aims: [],
    failures: failuresOf(measured),
    doubts: [...comparison.doubts, ...wireDoubts(lines, proxy), ...botDoubts(lines)],
  };
  return { ...report, aims: aimsOf(report) };
}

const ringOf = (detail: RingReport): Ring => ({
  updateHz: detail.updateHz.p50,
  positionErrorM: detail.positionErrorM.p95,
  detail,
});

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const most = (values: readonly number[]) => Math.max(...values.filter((value) => !Number.isNaN(value)));

/** Those of the project for a hundred bots in one instance. */
function aimsOf({ conditions, joined, disconnects, server, client, bodies }: Report): Aim[] {
  const aim = (what: string, value: number, unit: string, aim: string, met: boolean) => ({
    what,
    value,
    unit,
    aim,
    met,
  });
  const { downKbps, near, corrections } = client;
  return [
    aim('joined', joined, 'bots', `= ${conditions.bots}`, joined === conditions.bots),
    aim('disconnects', disconnects, '', '= 0', disconnects === 0),
    aim('tick p99', server.tickMs.p99, 'ms', '< 8', server.tickMs.p99 < 8),
    aim('late ticks', server.lateTicks, '', '= 0', server.lateTicks === 0),
    aim('down, the bot with most', downKbps.max, 'kbit/s', '<= 512', downKbps.max <= 512),
    aim('near updates, median', near.updateHz, 'Hz', '>= 20', near.updateHz >= 20),
    aim('static corrections, largest', corrections.static.maxMm, 'mm', '= 0', corrections.static.maxMm === 0),
    ...(conditions.viewsEveryS <= FINE_VIEWS_S
      ? pushAims(bodies, (conditions.network?.rttMs ?? 0) / 2 + 150)
      : []),
  ];
}

/** The time between two views is in the delay with which a push is seen; longer than this it would be most of it. */
const FINE_VIEWS_S = 0.1;

/** Of pushes that somebody watched. */
function pushAims(bodies: Report['bodies'], mostMs: number): Aim[] {
  const delay = most([0, ...bodies.map(({ delayMs }) => delayMs.max)]);
  const rest = most([0, ...bodies.map(({ restErrorM }) => restErrorM.max * 1000)]);
  return [
    {
      what: 'a push is seen, the latest',
      value: delay,
      unit: 'ms',
      aim: `<= ${mostMs}`,
      met: delay <= mostMs,
    },
    { what: 'a body at rest is off by at most', value: rest, unit: 'mm', aim: '<= 10', met: rest <= 10 },
  ];
}

function failuresOf({ lines, conditions, comparison }: Measured): string[] {
  const missing = conditions.bots - lines.connected.size;
  return [
    ...(missing > 0 ? [`${missing} bots never came in`] : []),
    ...lines.endings.slice(0, 5),
    ...unseenMoves(comparison).slice(0, 5),
    ...comparison.lostBodies.slice(0, 5),
    ...(lines.unreadable > 0 ? [`${lines.unreadable} payloads or messages could not be read`] : []),
  ];
}

/** The bots' own count against the proxy's, whose last report may be a second old and to whom some answers come too late. */
const WIRE_TOLERANCE = 0.01;

function wireDoubts({ summary }: BotLines, proxy: ProxyReport | undefined): string[] {
  if (!proxy || !summary) return [];
  const off = (ours: number, theirs: number) =>
    Math.abs(ours - theirs) / Math.max(theirs, 1) > WIRE_TOLERANCE;
  const bytes = (count: number, datagrams: number) => count + datagrams * HEADER_BYTES;
  const up = [
    bytes(summary.bytes_up, summary.datagrams_up),
    bytes(proxy.up.received_bytes, proxy.up.received),
  ] as const;
  const down = [
    bytes(summary.bytes_down, summary.datagrams_down),
    bytes(proxy.down.sent_bytes, proxy.down.sent),
  ] as const;
  return [
    ...(off(...up) ? [`the bots sent ${up[0]} bytes and the proxy had ${up[1]}`] : []),
    ...(off(...down) ? [`the bots had ${down[0]} bytes and the proxy sent ${down[1]}`] : []),
    ...(proxy.up.dropped + proxy.down.dropped > 0 ? ['the kernel dropped datagrams of the proxy'] : []),
    ...(proxy.late_us.p99 > 2000 ? [`the proxy was ${proxy.late_us.p99 / 1000} ms late (p99)`] : []),
  ];
}

const botDoubts = ({ skippedTicks }: BotLines) =>
  skippedTicks > 0
    ? [`the bots gave up ${skippedTicks} ticks because the machine was too busy for them`]
    : [];
