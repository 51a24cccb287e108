// What the gateway asks of those who keep seats and worlds. Seats belong to `seats/`, worlds to `worlds/`; here it is
// only read.
export interface Member {
  readonly account: string;
  readonly name: string;
  readonly seat: string;
}

export interface Inside {
  /** UUID of the world it runs. */
  readonly world: string | undefined;
  /** Everybody who is connected. */
  readonly members: readonly Member[];
}

export interface Places {
  /** The seat of an account. */
  of(account: string): Promise<{ instance: string; seat: string; isInside: boolean } | undefined>;
  /** Undefined: nobody knows this instance. */
  inside(instance: string): Promise<Inside | undefined>;
}
