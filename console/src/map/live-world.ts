/**
 * Everything heard of one instance's world: players and bodies as tracks, and the last seconds of each player's way.
 *
 * Lives outside React, because telemetry comes ten times a second and the map reads it at every frame; React is told
 * only when somebody comes or goes.
 */
import type { Telemetry } from '../api/types.ts';
import { ServerClock } from './clock.ts';
import { type BodyPose, distance, mixBodies, mixPlayers, type PlayerPose, Track } from './track.ts';

/** How much of a player's way is remembered (unit: ms). */
export const TRAIL_MS = 10_000;

const FIRST_HUE = 24;
const GOLDEN_ANGLE = 137.508;

export interface Footprint {
  at: number;
  x: number;
  y: number;
  z: number;
}

export interface LivePlayer {
  seat: string;
  name: string;
  /** Degrees; the golden angle apart in the order of coming, so that neighbours in the list differ. */
  hue: number;
  track: Track<PlayerPose>;
  trail: Footprint[];
}

export class LiveWorld {
  readonly clock: ServerClock;
  readonly bodies = new Map<number, Track<BodyPose>>();
  /** Replaced, never changed, when somebody comes or goes: React compares it. */
  roster: readonly LivePlayer[] = [];
  heardAt: number | null = null;
  readonly #players = new Map<string, LivePlayer>();
  readonly #listeners = new Set<() => void>();
  #welcomed = 0;

  constructor(rateHz: number) {
    this.clock = new ServerClock(rateHz);
  }

  push(telemetry: Telemetry, arrivedAt: number): void {
    const { at, restarted } = this.clock.push(telemetry.tick, arrivedAt);
    if (restarted) this.#forget();
    this.heardAt = arrivedAt;
    for (const body of telemetry.bodies) this.#bodyOf(body.entity).push(at, body);
    let changed = restarted;
    for (const player of telemetry.players) {
      const known = this.#players.get(player.seat);
      changed ||= known?.name !== player.name;
      const live = known ?? this.#welcome(player);
      live.name = player.name;
      live.track.push(at, player);
      leaveFootprint(live.trail, { at, x: player.x, y: player.y, z: player.z });
    }
    const present = new Set(telemetry.players.map(({ seat }) => seat));
    for (const seat of this.#players.keys()) {
      if (!present.has(seat)) changed = this.#players.delete(seat);
    }
    if (changed) this.#tell();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getRoster = (): readonly LivePlayer[] => this.roster;

  #welcome({ seat, name }: { seat: string; name: string }): LivePlayer {
    const hue = Math.round((FIRST_HUE + this.#welcomed * GOLDEN_ANGLE) % 360);
    const player = { seat, name, hue, track: new Track(mixPlayers), trail: [] };
    this.#welcomed += 1;
    this.#players.set(seat, player);
    return player;
  }

  #bodyOf(entity: number): Track<BodyPose> {
    const known = this.bodies.get(entity) ?? new Track(mixBodies);
    this.bodies.set(entity, known);
    return known;
  }

  #forget(): void {
    this.#players.clear();
    this.bodies.clear();
  }

  #tell(): void {
    this.roster = [...this.#players.values()].sort((a, b) =>
      a.name.localeCompare(b.name, undefined, { numeric: true }),
    );
    for (const listener of this.#listeners) listener();
  }
}

function leaveFootprint(trail: Footprint[], step: Footprint): void {
  const last = trail.at(-1);
  if (last && distance(last, step) > 4) trail.length = 0;
  trail.push(step);
  while (trail.length > 0 && step.at - (trail[0] as Footprint).at > TRAIL_MS) trail.shift();
}
