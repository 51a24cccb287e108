// All relays of this process: who is let in, and one look a second at who is still there. A relay has no state that another
// process would need: a player whose relay dies brings a new ticket to any other process.
import type { WebSocket } from 'ws';
import { ApiError } from '../errors.ts';
import { noCounts, type RelayCounts } from './counts.ts';
import { Relay } from './relay.ts';
import { RELAY_RULES, type RelayRules } from './rules.ts';
import { openRelayTicket, type RelayClaim } from './ticket.ts';

export class Relays {
  readonly counts: RelayCounts = noCounts();
  readonly #masterKey: Uint8Array;
  readonly #rules: RelayRules;
  /** Oldest first. */
  readonly #byAccount = new Map<string, Set<Relay>>();
  readonly #sweep: NodeJS.Timeout;
  #open = 0;
  #isStopping = false;

  constructor(masterKey: Uint8Array, rules: RelayRules = RELAY_RULES) {
    this.#masterKey = masterKey;
    this.#rules = rules;
    this.#sweep = setInterval(() => this.#watch(), rules.sweepMs);
  }

  get open(): number {
    return this.#open;
  }

  /** What a ticket names. Throws an ApiError when this process must not or cannot relay for it. */
  admit(ticket: string): RelayClaim {
    if (this.#isStopping) throw new ApiError('OW_ERR_STOPPING');
    const claim = openRelayTicket(this.#masterKey, ticket);
    if (claim === undefined) {
      this.counts.refused.ticket++;
      throw new ApiError('OW_ERR_RELAY_TICKET');
    }
    if (this.#open >= this.#rules.relays) {
      this.counts.refused.full++;
      throw new ApiError('OW_ERR_RELAY_FULL');
    }
    return claim;
  }

  connect(socket: WebSocket, claim: RelayClaim): void {
    const mine = this.#byAccount.get(claim.account) ?? new Set();
    this.#byAccount.set(claim.account, mine);
    mine.add(new Relay(socket, claim, this.#rules, this.counts, (relay) => this.#ended(relay, mine)));
    this.#open++;
    for (const older of this.#surplus(mine, claim.seat))
      older.close('replaced', 'you have a newer connection');
  }

  /** Tells every player to come again. Whatever the instances hold of them stays. */
  close(): void {
    this.#isStopping = true;
    clearInterval(this.#sweep);
    for (const relay of this.#all()) relay.close('restart', 'this process is stopping');
  }

  /** The older relays of this seat, whose netcode session a newer one takes over, and the oldest of too many. */
  #surplus(relays: ReadonlySet<Relay>, seat: bigint): Relay[] {
    const older = [...relays].slice(0, -1);
    const sameSeat = older.filter(({ claim }) => claim.seat === seat);
    const others = older.filter(({ claim }) => claim.seat !== seat);
    return [...sameSeat, ...others.slice(0, Math.max(0, others.length + 1 - this.#rules.perAccount))];
  }

  #ended(relay: Relay, relays: Set<Relay>): void {
    this.#open--;
    relays.delete(relay);
    const { account } = relay.claim;
    if (relays.size === 0 && this.#byAccount.get(account) === relays) this.#byAccount.delete(account);
  }

  #watch(): void {
    const nowMs = performance.now();
    for (const relay of this.#all()) relay.watch(nowMs);
  }

  #all(): Relay[] {
    return [...this.#byAccount.values()].flatMap((relays) => [...relays]);
  }
}
