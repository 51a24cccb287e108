// The gateway's limits, in one place. What a client has to know of them is in `gateway:ready`.

export interface Bucket {
  /** Tokens a second. */
  readonly rate: number;
  readonly burst: number;
}

export interface GatewayRules {
  /** To say hello (unit: milliseconds, like all that end so). */
  readonly helloMs: number;
  /** A silent client is pinged after this, and closed after that. */
  readonly pingMs: number;
  readonly idleMs: number;
  /** A closed socket that does not go is cut off. */
  readonly closeMs: number;
  readonly frameBytes: number;
  /** Of this process. */
  readonly sockets: number;
  readonly socketsPerAccount: number;
  /** Accounts on one socket's list. */
  readonly watched: number;
  readonly chatCharacters: number;
  /** Requests of one socket that wait for their answer. */
  readonly pending: number;
  /** Unsent bytes from which on what has a slot waits in it. */
  readonly unsentHighBytes: number;
  /** Unsent bytes at which the client counts as one that does not read. */
  readonly unsentMaxBytes: number;
  readonly slots: number;
  /** By the table's `rate`. */
  readonly buckets: Readonly<Record<string, Bucket>>;
  /** What is refused takes from this one; the socket is closed when it is empty. */
  readonly faults: Bucket;
  readonly beatMs: number;
  /** A process that has not beaten for so long is dead, and its people are not online. */
  readonly beatLeaseMs: number;
  /** Between two looks at what a lost message may have hidden. */
  readonly mendMs: number;
  readonly worldStateMs: number;
}

export const GATEWAY_RULES: GatewayRules = {
  helloMs: 5_000,
  pingMs: 20_000,
  idleMs: 45_000,
  closeMs: 2_000,
  frameBytes: 16 * 1024,
  sockets: 20_000,
  socketsPerAccount: 8,
  watched: 200,
  chatCharacters: 500,
  pending: 32,
  unsentHighBytes: 16 * 1024,
  unsentMaxBytes: 128 * 1024,
  slots: 1_024,
  buckets: {
    control: { rate: 5, burst: 20 },
    chat: { rate: 1, burst: 5 },
    interaction: { rate: 20, burst: 40 },
  },
  faults: { rate: 0.5, burst: 20 },
  beatMs: 2_000,
  beatLeaseMs: 6_000,
  mendMs: 10_000,
  worldStateMs: 1_000,
};

/** Close codes of ours; HTTP's number is in each. `docs/reference/gateway.md` lists them. */
export const CLOSE = {
  restart: 1012,
  later: 1013,
  fault: 4400,
  signIn: 4401,
  banned: 4403,
  silent: 4408,
  replaced: 4409,
  slowReader: 4413,
  tooFast: 4429,
} as const;
