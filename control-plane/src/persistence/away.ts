// Which errors say that the database or Redis is away: nobody's mistake, and over when it is back.
const KINDS: readonly unknown[] = [
  'DatabaseNotReachable',
  'DatabaseDoesNotExist',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
];
/** PostgreSQL's and CockroachDB's: the connection broke, the server stops or starts. */
const SQLSTATES = /^(08|57P|53300)/;
/** Of node-postgres, for what was asked when the connection broke; they have no code. */
const OF_POSTGRES =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;
const OF_REDIS = /^(Connection is closed\.|Command timed out|Stream isn't writeable)/;

interface AdapterCause {
  readonly kind?: unknown;
  readonly originalCode?: unknown;
}

export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'MaxRetriesPerRequestError' || OF_REDIS.test(error.message)) return true;
  if (OF_POSTGRES.test(error.message)) return true;
  const { meta, cause } = error as {
    meta?: { driverAdapterError?: { cause?: AdapterCause } };
    cause?: unknown;
  };
  const told = (meta?.driverAdapterError?.cause ?? cause) as AdapterCause | undefined;
  return KINDS.includes(told?.kind) || SQLSTATES.test(String(told?.originalCode ?? ''));
}
