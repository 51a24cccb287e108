// The database client: Prisma over node-postgres, which speaks to CockroachDB and PostgreSQL alike. How its writes are made
// safe is the business of transaction.ts.
import { PrismaPg } from '@prisma/adapter-pg';
import type { FastifyBaseLogger } from 'fastify';
import { type Prisma, PrismaClient } from '../../../prisma/gen/client.ts';
import { conflictOnce, mayInject } from './inject.ts';

export type Db = PrismaClient;
export type Tx = Prisma.TransactionClient;

const CONNECTIONS = 10;
/** Longer than a database that elects a new leader needs, shorter than a person waits. */
const CONNECT_TIMEOUT_MS = 5_000;
/** No statement of ours is meant to take a tenth of it. */
const STATEMENT_TIMEOUT_MS = 10_000;

export function connect(url: string, log?: FastifyBaseLogger): Db {
  const adapter = new PrismaPg(
    {
      connectionString: url,
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      application_name: 'otherworld',
    },
    // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
    { onPoolError: (error) => log?.warn({ err: error }, 'a database connection broke') },
  );
  const db = new PrismaClient({ adapter, errorFormat: 'minimal' });
  if (mayInject()) conflictOnce.set(db, url);
  return db;
}
