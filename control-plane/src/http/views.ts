// What the public API shows of an instance. Numbers of 64 bits are decimal strings, times of day are ISO 8601.
import { z } from 'zod';
import type { BodyPose, PlayerPose } from '../../../proto/gen/otherworld/instance/v1/instance_pb.js';
import { STATE_NAMES } from '../fleet/game-server.ts';
import { stateOf } from '../instances/instance.ts';
import { addressOf, type KnownInstance } from '../instances/record.ts';
import type { Telemetry } from '../instances/telemetry.ts';
import { decimal, isoTime, sha256 } from './schemas.ts';

const count = z.int().min(0);
const nullableString = z.string().nullable();

export const worldRefSchema = z.object({ id: z.string(), sha256, url: z.url() });

const seat = z.object({
  id: decimal,
  user: z.string().describe('UUID of the account that holds it.'),
  name: z.string(),
  state: z.enum(['reserved', 'held', 'connected']),
});

const tickTimes = z
  .object({
    ticks: count,
    late: count,
    dropped: count,
    p50Ms: z.number(),
    p99Ms: z.number(),
    p999Ms: z.number(),
    maxMs: z.number(),
  })
  .nullable();

export const instanceSchema = z
  .object({
    name: z.string(),
    uid: nullableString,
    state: z.enum(STATE_NAMES),
    reason: nullableString.describe('Why it is in this state, where there is something to say.'),
    link: z.enum(['never', 'registered', 'listening', 'lost']).describe("The control plane's line to it."),
    address: nullableString,
    world: worldRefSchema.nullable(),
    build: nullableString,
    protocolHash: decimal.nullable(),
    players: count,
    capacity: count,
    seats: z.array(seat),
    draining: z.boolean(),
    tickRateHz: z.number(),
    tick: count.nullable(),
    tickTimes: tickTimes.describe('Since the heartbeat before.'),
    tickTimesSinceStart: tickTimes,
    tickAllocations: z.number().nullable(),
    refusals: z.record(z.string(), z.number()).describe('Datagrams refused, by cause.'),
    bytesIn: z.number(),
    bytesOut: z.number(),
    cpuSeconds: z.number().nullable(),
    cpuCores: z.number().nullable().describe('Cores used between the last two heartbeats.'),
    residentBytes: z.number().nullable(),
    loaded: z
      .object({ worldHash: decimal, staticTriangles: count, dynamicBodies: count, loadMs: z.number() })
      .nullable(),
    startedAt: isoTime.nullable(),
  })
  .meta({ id: 'Instance' });

export type InstanceView = z.infer<typeof instanceSchema>;

export const instanceListSchema = z
  .object({ instances: z.array(instanceSchema) })
  .meta({ id: 'InstanceList' });

const player = z.object({
  seat: decimal,
  name: z.string(),
  x: z.number(),
  y: z.number(),
  z: z.number(),
  yaw: z.number(),
  grounded: z.boolean(),
});

const body = z.object({
  entity: count,
  x: z.number(),
  y: z.number(),
  z: z.number(),
  qx: z.number(),
  qy: z.number(),
  qz: z.number(),
  qw: z.number(),
});

/** An event of the live stream. */
export const telemetrySchema = z
  .object({ instance: z.string(), tick: count, players: z.array(player), bodies: z.array(body) })
  .meta({ id: 'Telemetry' });

export type TelemetryView = z.infer<typeof telemetrySchema>;

export function instanceView({ name, gameServer, record, seats }: KnownInstance): InstanceView {
  const { vitals, loaded, assignment, link = 'never' } = record ?? {};
  return {
    name,
    uid: record?.uid ?? gameServer?.uid ?? null,
    state: stateOf(gameServer, link),
    reason: record?.reason ?? gameServer?.reason ?? null,
    link,
    address: addressOf(gameServer, record) ?? null,
    world: assignment?.world ?? null,
    build: record?.build ?? null,
    protocolHash: record?.protocolHash ?? null,
    players: seats.filter(({ state }) => state === 'connected').length,
    capacity: assignment?.capacity ?? gameServer?.counters.players?.capacity ?? 0,
    seats: [...seats],
    draining: record?.draining ?? false,
    tickRateHz: assignment?.tickRateHz ?? 0,
    tick: vitals?.tick ?? null,
    tickTimes: vitals?.tickTimes ?? null,
    tickTimesSinceStart: vitals?.tickTimesSinceStart ?? null,
    tickAllocations: vitals?.tickAllocations ?? null,
    refusals: vitals?.refusals ?? {},
    bytesIn: vitals?.bytesIn ?? 0,
    bytesOut: vitals?.bytesOut ?? 0,
    cpuSeconds: vitals?.cpuSeconds ?? null,
    cpuCores: vitals?.cpuCores ?? null,
    residentBytes: vitals?.residentBytes ?? null,
    loaded: loaded ?? null,
    startedAt: gameServer === undefined ? null : new Date(gameServer.createdAt).toISOString(),
  };
}

export function telemetryView(instance: string, { tick, players, bodies }: Telemetry): TelemetryView {
  return { instance, tick, players: players.map(playerView), bodies: [...bodies.values()].map(bodyView) };
}

/** A millimetre, a milliradian: what a map can show. */
const round = (value: number) => Math.round(value * 1000) / 1000;

function playerView({ seat, name, x, y, z, yaw, grounded }: PlayerPose) {
  return { seat: String(seat), name, x: round(x), y: round(y), z: round(z), yaw: round(yaw), grounded };
}

function bodyView({ entity, x, y, z, qx, qy, qz, qw }: BodyPose) {
  const turn = { qx: round(qx), qy: round(qy), qz: round(qz), qw: round(qw) };
  return { entity, x: round(x), y: round(y), z: round(z), ...turn };
}
