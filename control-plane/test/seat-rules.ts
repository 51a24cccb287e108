// The seats of an instance as `netcode/instance/src/seats.rs` holds them: so many, no number twice, free again unless
// taken in time.
export class SeatRules {
  readonly capacity: number;
  /** Seat → the account that holds it. */
  readonly held = new Map<bigint, string>();
  readonly #expected = new Map<bigint, NodeJS.Timeout>();
  readonly #onLeft: (seat: bigint, cause: string) => void;
  /** The most that were ever held at once. */
  most = 0;
  accepted = 0;
  refused = 0;
  /** How often an account was given a second seat while it held one. */
  doubles = 0;

  constructor(capacity: number, onLeft: (seat: bigint, cause: string) => void) {
    this.capacity = capacity;
    this.#onLeft = onLeft;
  }

  offer(seat: bigint, account: string, expiresMs: number): 'accept' | 'full' | 'duplicate' {
    const refusal = this.held.has(seat) ? 'duplicate' : this.held.size >= this.capacity ? 'full' : undefined;
    if (refusal !== undefined) {
      this.refused += 1;
      return refusal;
    }
    if ([...this.held.values()].includes(account)) this.doubles += 1;
    this.accepted += 1;
    this.held.set(seat, account);
    this.most = Math.max(this.most, this.held.size);
    this.#expected.set(
      seat,
      setTimeout(() => this.leave(seat, 'expired'), expiresMs),
    );
    return 'accept';
  }

  /** Its player comes. */
  connect(seat: bigint): boolean {
    clearTimeout(this.#expected.get(seat));
    this.#expected.delete(seat);
    return this.held.has(seat);
  }

  isConnected(seat: bigint): boolean {
    return this.held.has(seat) && !this.#expected.has(seat);
  }

  revoke(seat: bigint): void {
    if (!this.isConnected(seat)) this.leave(seat, 'revoked');
  }

  leave(seat: bigint, cause: string): void {
    clearTimeout(this.#expected.get(seat));
    this.#expected.delete(seat);
    if (this.held.delete(seat)) this.#onLeft(seat, cause);
  }
}
