// The contract's messages in the words of this process: bigint where they carry 64 bits, and nothing optional that
// must be there.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type ControlMessage,
  ControlMessageSchema,
  type Heartbeat,
  type Listening,
  type Register,
} from '../../../proto/gen/otherworld/instance/v1/instance_pb.js';
import type { Assignment, Loaded, Registration, Seat, TickTimes, Vitals } from './instance.ts';

export type Outgoing = ControlMessage;

type Content = Exclude<MessageInitShape<typeof ControlMessageSchema>['message'], undefined>;

export const outgoing = (message: Content): Outgoing => create(ControlMessageSchema, { message });

export function registration({ uid, build, protocolHash, endpoints }: Register): Registration {
  return {
    uid,
    build,
    protocolHash,
    endpoints: endpoints.map(({ pipe, address, port }) => ({ pipe, address, port })),
  };
}

/** What it was given before its line broke; undefined when it waits for a world. */
export function assignment({ world, capacity, tickRateHz }: Register): Assignment | undefined {
  if (world === undefined) return undefined;
  const { id, url, sha256 } = world;
  return { world: { id, url, sha256 }, capacity, tickRateHz };
}

export function heldSeats(register: Register): Seat[] {
  return register.seats.map(({ id, user, name, connected }) => ({
    id,
    user,
    name,
    role: 'player',
    at: 0,
    state: connected ? 'connected' : 'held',
  }));
}

export function loaded({ worldHash, staticTriangles, dynamicBodies, loadMs }: Listening): Loaded {
  return { worldHash, staticTriangles, dynamicBodies, loadMs };
}

export function vitals(beat: Heartbeat, last: Vitals | undefined, nowMs: number): Vitals {
  const cores = last && (1000 * (beat.cpuSeconds - last.cpuSeconds)) / (nowMs - last.atMs);
  return {
    tick: beat.tick,
    players: beat.players,
    tickTimes: beat.tickTimes && tickTimes(beat.tickTimes),
    tickTimesSinceStart: beat.tickTimesSinceStart && tickTimes(beat.tickTimesSinceStart),
    tickAllocations: Number(beat.tickAllocations),
    refusals: Object.fromEntries(beat.refusals.map(({ cause, count }) => [cause, Number(count)])),
    bytesIn: Number(beat.bytesIn),
    bytesOut: Number(beat.bytesOut),
    cpuSeconds: beat.cpuSeconds,
    cpuCores: cores !== undefined && Number.isFinite(cores) ? Math.max(0, cores) : undefined,
    residentBytes: Number(beat.residentBytes),
    atMs: nowMs,
  };
}

function tickTimes({
  ticks,
  late,
  dropped,
  p50Ms,
  p99Ms,
  p999Ms,
  maxMs,
}: NonNullable<Heartbeat['tickTimes']>): TickTimes {
  return { ticks, late, dropped, p50Ms, p99Ms, p999Ms, maxMs };
}
