// Every write of the control plane goes through here: one SERIALIZABLE transaction, which on CockroachDB and PostgreSQL alike may
// be rolled back because of another one and is then done again. `work` therefore runs once or several times and does
// nothing but read and write through its `tx`.
import { ApiError } from '../errors.ts';
import { counter } from '../metrics.ts';
import { isConflict, isOverloaded } from './conflict.ts';
import type { Db, Tx } from './connect.ts';
import { conflictOnce } from './inject.ts';
import { type Patience, retry } from './retry.ts';

/** Together under 3 s, and 1.5 s on average: about as long as a person waits for a button. */
const PATIENCE: Patience = { attempts: 10, firstPauseMs: 10, longestPauseMs: 640 };
const OPTIONS = { isolationLevel: 'Serializable', maxWait: 5_000, timeout: 10_000 } as const;

const conflicts = counter(
  'database_conflicts_total',
  'Attempts at a transaction that the database refused because of another one.',
);
const givenUp = counter('database_busy_total', 'Transactions that were refused at every attempt.');

export async function transaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  const attempted = async (attempt: number) =>
    db.$transaction(async (tx) => {
      const result = await work(tx);
      if (attempt === 1) await conflictOnce.provoke(db, tx);
      return result;
    }, OPTIONS);
  const again = (error: unknown) => {
    const is = isConflict(error);
    if (is) conflicts.inc();
    return is;
  };
  const outcome = await retry(attempted, again, PATIENCE).catch((error) => {
    throw isOverloaded(error) ? new ApiError('OW_ERR_BUSY') : error;
  });
  if (outcome.state === 'done') return outcome.value;
  givenUp.inc();
  throw new ApiError('OW_ERR_BUSY');
}
