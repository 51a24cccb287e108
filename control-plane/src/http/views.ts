// What the public API shows of an instance. Numbers of 64 bits are decimal strings, times of day are ISO 8601.
import type { BodyPose, PlayerPose } from '../../../proto/gen/otherworld/instance/v1/instance_pb.js';
import { type Instance, type Seat, stateOf } from '../instances/instance.ts';
import type { Telemetry } from '../instances/telemetry.ts';
import type { Joined } from '../seats/flow.ts';

export function instanceView(instance: Instance) {
  const { name, gameServer, registration, assignment, loaded, vitals, link, failure } = instance;
  return {
    name,
    uid: registration?.uid ?? gameServer?.uid ?? null,
    state: stateOf(instance),
    /** Why it is in this state, where there is something to say. */
    reason: failure ?? (link.state === 'lost' ? link.reason : (gameServer?.reason ?? null)),
    /** The control plane's line to it. */
    link: link.state,
    address: addressOf(instance),
    world: assignment?.world ?? null,
    build: registration?.build ?? null,
    protocolHash: registration === undefined ? null : String(registration.protocolHash),
    players: [...instance.seats.values()].filter(({ state }) => state === 'connected').length,
    capacity: assignment?.capacity ?? gameServer?.counters.players?.capacity ?? 0,
    seats: [...instance.seats.values()].map(seatView),
    draining: instance.draining,
    tickRateHz: assignment?.tickRateHz ?? 0,
    tick: vitals?.tick ?? null,
    tickTimes: vitals?.tickTimes ?? null,
    tickTimesSinceStart: vitals?.tickTimesSinceStart ?? null,
    tickAllocations: vitals?.tickAllocations ?? null,
    refusals: vitals?.refusals ?? {},
    bytesIn: vitals?.bytesIn ?? 0,
    bytesOut: vitals?.bytesOut ?? 0,
    cpuSeconds: vitals?.cpuSeconds ?? null,
    /** Cores used between the last two heartbeats. */
    cpuCores: vitals?.cpuCores ?? null,
    residentBytes: vitals?.residentBytes ?? null,
    loaded: loaded === undefined ? null : { ...loaded, worldHash: String(loaded.worldHash) },
    startedAt: gameServer === undefined ? null : new Date(gameServer.createdAt).toISOString(),
  };
}

export type InstanceView = ReturnType<typeof instanceView>;

function addressOf({ gameServer, registration }: Instance): string | null {
  const udp = registration?.endpoints.find(({ pipe }) => pipe === 'udp');
  const port = udp?.port ?? gameServer?.ports.find((candidate) => candidate.name === 'udp')?.port;
  const host = udp?.address ?? gameServer?.address;
  if (host === undefined || port === undefined) return null;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function seatView({ id, user, name, state }: Seat) {
  return { id: String(id), user, name, state };
}

export function telemetryView(instance: string, { tick, players, bodies }: Telemetry) {
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

export function joinedView({ seat, protocolHash, ...rest }: Joined) {
  return { seat: String(seat), ...rest, protocolHash: String(protocolHash) };
}
