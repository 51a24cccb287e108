// All instances: the fleet's list and the instances' own lines, joined by name. Seats are taken here before they
// are offered, in one synchronous step, so that two callers never get the same last one; the instance's answer is
// the last word all the same.
import type { GameServerView } from '../fleet/game-server.ts';
import { type Assignment, type Instance, type Registration, type Seat, unknownInstance } from './instance.ts';
import type { Line } from './line.ts';
import { outgoing } from './messages.ts';

export type SeatAnswer = 'accepted' | 'lost' | { readonly refused: string };

export class InstanceRegistry {
  readonly #instances = new Map<string, Instance>();
  readonly #fleet = new Set<string>();
  readonly #listeners = new Set<() => void>();
  readonly #offers = new Map<bigint, (answer: SeatAnswer) => void>();

  all(): readonly Instance[] {
    return [...this.#instances.values()];
  }

  get(name: string): Instance | undefined {
    return this.#instances.get(name);
  }

  /** Returns the way to stop listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The fleet's whole list. */
  observeFleet(gameServers: readonly GameServerView[]): void {
    this.#fleet.clear();
    for (const gameServer of gameServers) {
      this.#fleet.add(gameServer.name);
      this.#ensure(gameServer.name).gameServer = gameServer;
    }
    for (const instance of this.#instances.values()) this.#forgetIfGone(instance);
    this.changed();
  }

  /** One of the fleet, ahead of its list. */
  observe(gameServer: GameServerView): void {
    this.#fleet.add(gameServer.name);
    this.#ensure(gameServer.name).gameServer = gameServer;
    this.changed();
  }

  /** An authenticated instance has introduced itself. What it says about its seats replaces what was believed. */
  register(
    name: string,
    registration: Registration,
    assignment: Assignment | undefined,
    seats: readonly Seat[],
    line: Line,
  ): void {
    const instance = this.#ensure(name);
    this.#failOffers(instance);
    instance.registration = registration;
    instance.assignment = assignment;
    // One that runs says so in its next word.
    instance.link = { state: 'registered', line };
    instance.seats.clear();
    for (const seat of seats) instance.seats.set(seat.id, seat);
    this.changed();
  }

  /** Gives a registered instance its world; once in its life. */
  assign(instance: Instance, assignment: Assignment, line: Line): void {
    instance.assignment = assignment;
    line.send(outgoing({ case: 'assignWorld', value: assignment }));
    this.changed();
  }

  /** The line has ended; a newer one of the same instance is left alone. */
  unregister(line: Line, reason: string): void {
    const instance = this.#instances.get(line.name);
    if (instance === undefined || !('line' in instance.link) || instance.link.line !== line) return;
    instance.link = { state: 'lost', sinceMs: Date.now(), reason };
    this.#failOffers(instance);
    this.#forgetIfGone(instance);
    this.changed();
  }

  /** Takes a seat, if there is room, and promises the instance's answer. */
  takeSeat(instance: Instance, seat: Seat): Promise<SeatAnswer> {
    instance.seats.set(seat.id, seat);
    this.changed();
    return new Promise((resolve) => this.#offers.set(seat.id, resolve));
  }

  answerSeat(instance: Instance, id: bigint, answer: SeatAnswer): void {
    const seat = instance.seats.get(id);
    if (answer !== 'accepted') instance.seats.delete(id);
    else if (seat?.state === 'offered') instance.seats.set(id, { ...seat, state: 'held' });
    this.#offers.get(id)?.(answer);
    this.#offers.delete(id);
    this.changed();
  }

  seatConnected(instance: Instance, id: bigint): void {
    const seat = instance.seats.get(id);
    if (seat !== undefined) instance.seats.set(id, { ...seat, state: 'connected' });
    this.changed();
  }

  releaseSeat(instance: Instance, id: bigint): void {
    instance.seats.delete(id);
    this.#offers.delete(id);
    this.changed();
  }

  /** To be called after a change to an instance's fields. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #ensure(name: string): Instance {
    const known = this.#instances.get(name) ?? unknownInstance(name);
    this.#instances.set(name, known);
    return known;
  }

  #forgetIfGone(instance: Instance): void {
    const isHeard = 'line' in instance.link;
    if (!isHeard && !this.#fleet.has(instance.name)) this.#instances.delete(instance.name);
  }

  #failOffers(instance: Instance): void {
    for (const seat of instance.seats.values()) {
      if (seat.state === 'offered') this.answerSeat(instance, seat.id, 'lost');
    }
  }
}
