// Seats, which are never given twice: reserved by one script in Redis, offered to the instance, which has the last word,
// and only then sealed into connect tokens. Any number of processes may do so at once, and each may be killed between any two
// of these steps: what it leaves behind is a lease that runs out (docs/flows/seats.md).
import { randomBytes } from 'node:crypto';
import { ApiError } from '../errors.ts';
import type { Directory } from '../instances/directory.ts';
import type { WorldRef } from '../instances/instance.ts';
import type { Lines } from '../instances/lines.ts';
import type { Outcome } from '../instances/orders.ts';
import { type Pipe, pipesOf } from './pipes.ts';
import { type SeatScripts, seatPairs } from './scripts.ts';

export interface Holder {
  /** UUID of the account. */
  readonly account: string;
  /** Shown above the head. */
  readonly name: string;
  readonly role: 'player' | 'operator';
}

export interface Reservation {
  /** In the order of the holders. */
  readonly seats: readonly bigint[];
  /** When, by Redis' clock (unit: ms). */
  readonly at: number;
}

/** What a client needs to come in. */
export interface Connect {
  readonly seat: string;
  readonly user: string;
  readonly instance: string;
  readonly world: WorldRef;
  readonly protocolHash: string;
  readonly pipes: Pipe[];
}

export interface OfferRules {
  /** How long an instance may think (unit: milliseconds). */
  readonly answerMs: number;
  /** How long it keeps the seat for a player who does not come (unit: milliseconds). */
  readonly keepMs: number;
}

/** A reservation that nobody confirms is free again after so long, on top of what the instance may take. */
const RESERVED_MS = 5_000;
const ELSEWHERE = 'You have come in from somewhere else.';

export interface SeatsOptions {
  readonly scripts: SeatScripts;
  readonly lines: Lines;
  readonly directory: Directory;
  readonly masterKey: Uint8Array;
  /** Where players reach the relay; without it there is none. */
  readonly relayUrl?: string | undefined;
  readonly rules: OfferRules;
}

export class Seats {
  readonly #scripts: SeatScripts;
  readonly #lines: Lines;
  readonly #directory: Directory;
  readonly #masterKey: Uint8Array;
  readonly #relayUrl: string | undefined;
  readonly #rules: OfferRules;

  constructor({ scripts, lines, directory, masterKey, relayUrl, rules }: SeatsOptions) {
    this.#scripts = scripts;
    this.#lines = lines;
    this.#directory = directory;
    this.#masterKey = masterKey;
    this.#relayUrl = relayUrl;
    this.#rules = rules;
  }

  /** Seats for all holders, each another account, or for none. 'gone': nobody can be seated there now. */
  async reserve(instance: string, holders: readonly Holder[]): Promise<Reservation | 'full' | 'gone'> {
    const seats = holders.map(() => randomSeatId());
    const args = holders.flatMap(({ account, name, role }, at) => [String(seats[at]), account, name, role]);
    const lease = this.#rules.answerMs + RESERVED_MS;
    const [word, at, ...replaced] = await this.#scripts.words('reserve', [instance, lease, ...args]);
    if (word !== 'reserved') return word as 'full' | 'gone';
    await Promise.all(seatPairs(replaced).map((older) => this.end(older.instance, older.seat)));
    return { seats, at: Number(at) };
  }

  /** Asks the instance through whoever holds its line; on anything but 'accepted' all of these seats are free again. */
  async confirm(
    instance: string,
    { seats, at }: Reservation,
    holders: readonly Holder[],
  ): Promise<'accepted' | { readonly refused: string } | 'timeout' | 'lost'> {
    const offered = holders.map(({ account, name, role }, index) => ({
      id: String(seats[index]),
      user: account,
      name,
      role,
      at,
    }));
    const outcome = await this.#lines.offer(instance, offered, this.#rules);
    if (outcome === 'done') return 'accepted';
    for (const seat of seats) await this.release(instance, seat).catch(() => {}); // its lease runs out
    return asRefusal(outcome);
  }

  /** The tokens for a confirmed seat, one for each pipe. */
  async connect(instance: string, seat: bigint, { account, name, role }: Holder): Promise<Connect> {
    const entry = await this.#directory.get(instance);
    const world = entry?.world;
    if (entry === undefined || !entry.reachable || world === undefined)
      throw new ApiError('OW_ERR_INSTANCE_SILENT');
    const [masterKey, relayUrl, validMs] = [this.#masterKey, this.#relayUrl, this.#rules.keepMs];
    const holder = { user: account, name, role };
    return {
      seat: String(seat),
      user: account,
      instance,
      world,
      protocolHash: String(entry.protocolHash),
      pipes: pipesOf(entry, seat, holder, { masterKey, relayUrl, validMs }),
    };
  }

  /** Gives a seat back whose player has not come. */
  async release(instance: string, seat: bigint): Promise<void> {
    await Promise.all([this.#scripts.release(instance, [seat]), this.#lines.revoke(instance, seat)]);
  }

  /** Where an account has its seat, if it has one. */
  async of(account: string): Promise<{ instance: string; seat: bigint; isInside: boolean } | undefined> {
    const found = await this.#scripts.where(account);
    return (
      found && { instance: found.instance, seat: found.seat, isInside: found.data.state === 'connected' }
    );
  }

  /** Ends a seat whose account has taken a newer one. */
  async end(instance: string, seat: bigint): Promise<void> {
    await this.#lines.kick(instance, seat, ELSEWHERE);
  }
}

function asRefusal(outcome: Exclude<Outcome, 'done'>): { refused: string } | 'timeout' | 'lost' {
  if (outcome === 'timeout' || typeof outcome === 'object') return outcome;
  return 'lost';
}

/** Also netcode's client id, for which zero means nobody. */
export function randomSeatId(): bigint {
  for (;;) {
    const id = randomBytes(8).readBigUInt64LE();
    if (id !== 0n) return id;
  }
}
