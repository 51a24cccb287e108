// What this process knows by itself: the fleet's list, and the instances whose lines it holds, joined by name. The seats
// here are the instances' own lists as they tell them; whether there is room is decided in Redis, and by the instance,
// which has the last word.
import type { GameServerView } from '../fleet/game-server.ts';
import { type Assignment, type Instance, type Registration, type Seat, unknownInstance } from './instance.ts';
import type { Line } from './line.ts';
import { outgoing } from './messages.ts';

export type SeatAnswer = 'accepted' | 'lost' | { readonly refused: string };

/** What an instance has said, or what has become of its line. */
export type News =
  | { readonly type: 'registered' | 'lost' | 'changed' }
  | { readonly type: 'connected'; readonly seat: Seat }
  | { readonly type: 'left'; readonly seat: Seat; readonly cause: string }
  | { readonly type: 'event'; readonly event: HappenedEvent };

/** Something that happened in the world; `data` is JSON, `seat` is 0 when it is for everybody inside. */
export interface HappenedEvent {
  readonly type: string;
  readonly data: string;
  readonly seat: bigint;
}

export type RequestAnswer = 'accepted' | { readonly refused: string };

export class InstanceRegistry {
  readonly #instances = new Map<string, Instance>();
  #fleet: ReadonlyMap<string, GameServerView> = new Map();
  readonly #listeners = new Set<() => void>();
  readonly #reporters = new Set<(instance: Instance, news: News) => void>();
  readonly #offers = new Map<bigint, (answer: SeatAnswer) => void>();
  readonly #requests = new Map<bigint, (answer: RequestAnswer) => void>();
  #lastRequest = 0n;

  all(): readonly Instance[] {
    return [...this.#instances.values()];
  }

  get(name: string): Instance | undefined {
    return this.#instances.get(name);
  }

  /** The fleet's last list, by name. */
  fleet(): ReadonlyMap<string, GameServerView> {
    return this.#fleet;
  }

  /** Called after every change. Returns the way to stop listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called with what each instance says, in its order. Returns the way to stop listening. */
  onNews(reporter: (instance: Instance, news: News) => void): () => void {
    this.#reporters.add(reporter);
    return () => this.#reporters.delete(reporter);
  }

  /** The fleet's whole list. */
  observeFleet(gameServers: readonly GameServerView[]): void {
    this.#fleet = new Map(gameServers.map((gameServer) => [gameServer.name, gameServer]));
    for (const instance of this.#instances.values()) {
      instance.gameServer = this.#fleet.get(instance.name);
      this.#forgetIfGone(instance);
    }
    for (const { name } of gameServers) this.#ensure(name);
    this.#changed();
  }

  /** One of the fleet, ahead of its list. */
  observe(gameServer: GameServerView): void {
    this.#fleet = new Map([...this.#fleet, [gameServer.name, gameServer]]);
    this.#ensure(gameServer.name).gameServer = gameServer;
    this.#changed();
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
    const isSameProcess = instance.registration?.uid === registration.uid;
    instance.registration = registration;
    instance.assignment = assignment;
    // One that runs says so in its next word.
    instance.link = { state: 'registered', line };
    instance.draining &&= isSameProcess;
    instance.closing &&= isSameProcess;
    const known = new Map(instance.seats);
    instance.seats.clear();
    for (const seat of seats) instance.seats.set(seat.id, { ...seat, at: known.get(seat.id)?.at ?? seat.at });
    this.#report(instance, { type: 'registered' });
  }

  /** Gives a registered instance its world; once in its life. */
  assign(instance: Instance, assignment: Assignment, line: Line): void {
    instance.assignment = assignment;
    line.send(outgoing({ case: 'assignWorld', value: assignment }));
    this.#report(instance, { type: 'changed' });
  }

  /** The line has ended; a newer one of the same instance is left alone. */
  unregister(line: Line, reason: string): void {
    const instance = this.#instances.get(line.name);
    if (instance === undefined || !('line' in instance.link) || instance.link.line !== line) return;
    instance.link = { state: 'lost', sinceMs: Date.now(), reason };
    this.#failOffers(instance);
    this.#report(instance, { type: 'lost' });
    this.#forgetIfGone(instance);
  }

  /** Notes a seat that is about to be offered, and promises the instance's answer. */
  offerSeat(instance: Instance, seat: Seat): Promise<SeatAnswer> {
    instance.seats.set(seat.id, seat);
    this.#changed();
    return new Promise((resolve) => this.#offers.set(seat.id, resolve));
  }

  answerSeat(instance: Instance, id: bigint, answer: SeatAnswer): void {
    const seat = instance.seats.get(id);
    // An answer to an offer that was given up is not heard; the revocation that was sent with it ends the seat.
    if (seat?.state !== 'offered') return;
    if (answer === 'accepted') instance.seats.set(id, { ...seat, state: 'held' });
    else instance.seats.delete(id);
    this.#offers.get(id)?.(answer);
    this.#offers.delete(id);
    this.#changed();
  }

  seatConnected(instance: Instance, id: bigint): void {
    const known = instance.seats.get(id);
    if (known === undefined) return;
    const seat: Seat = { ...known, state: 'connected' };
    instance.seats.set(id, seat);
    this.#report(instance, { type: 'connected', seat });
  }

  seatLeft(instance: Instance, id: bigint, cause: string): void {
    const seat = instance.seats.get(id);
    if (seat === undefined) return;
    instance.seats.delete(id);
    this.#report(instance, { type: 'left', seat, cause });
  }

  /** Nobody waits for the answer any more. */
  giveUpOffer(instance: Instance, id: bigint): void {
    if (instance.seats.get(id)?.state === 'offered') instance.seats.delete(id);
    this.#offers.delete(id);
    this.#changed();
  }

  /** Numbers a request, and promises the instance's answer until `over`. */
  request(over: AbortSignal): { id: bigint; answered: Promise<RequestAnswer> } {
    this.#lastRequest += 1n;
    const id = this.#lastRequest;
    over.addEventListener('abort', () => this.#requests.delete(id), { once: true });
    return { id, answered: new Promise((resolve) => this.#requests.set(id, resolve)) };
  }

  answerRequest(id: bigint, answer: RequestAnswer): void {
    this.#requests.get(id)?.(answer);
  }

  happened(instance: Instance, { type, data, seat }: HappenedEvent): void {
    this.#report(instance, { type: 'event', event: { type, data, seat } });
  }

  /** To be called after a change to an instance's fields. */
  changed(instance: Instance): void {
    this.#report(instance, { type: 'changed' });
  }

  #report(instance: Instance, news: News): void {
    for (const reporter of this.#reporters) reporter(instance, news);
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #ensure(name: string): Instance {
    const known = this.#instances.get(name) ?? unknownInstance(name);
    known.gameServer = this.#fleet.get(name);
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
