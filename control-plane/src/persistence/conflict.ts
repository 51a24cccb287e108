// Which errors say "the same again may work", in all the shapes in which they reach us.
import { Prisma } from '../../../prisma/gen/client.ts';

/** A serialisation failure and a deadlock, by PostgreSQL's and CockroachDB's codes. */
const SQLSTATES: readonly unknown[] = ['40001', '40P01'];

/** Whether the database rolled a transaction back because of another one, and nothing of it stayed. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof Prisma.PrismaClientKnownRequestError) {
    if (error.code === 'P2034') return true; // a call of the client
    return error.code === 'P2010' && SQLSTATES.includes(sqlstate(error.meta)); // raw SQL
  }
  if (SQLSTATES.includes((error as { code?: unknown }).code)) return true; // node-postgres
  return isConflictOfAdapter(error);
}

function sqlstate(meta: Record<string, unknown> | undefined): unknown {
  if (SQLSTATES.includes(meta?.code)) return meta?.code;
  const { cause } = (meta?.driverAdapterError ?? {}) as { cause?: { originalCode?: unknown } };
  return cause?.originalCode;
}

/** The adapter's own error, which Prisma passes on as it is when it comes from BEGIN or COMMIT. */
function isConflictOfAdapter(error: Error): boolean {
  const { cause } = error as { cause?: { kind?: unknown; originalCode?: unknown } };
  return cause?.kind === 'TransactionWriteConflict' || SQLSTATES.includes(cause?.originalCode);
}

/** The pool had no connection for us in time, or the work took longer than a transaction may. */
export const isOverloaded = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && ['P2024', 'P2028', 'P2037'].includes(error.code);
