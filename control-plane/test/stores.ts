// Real stores for tests and benchmarks: a database of the caller's own, migrated, and a Redis process of the caller's own.
// `TEST_DATABASE_URL` puts the databases on any PostgreSQL or CockroachDB; outside vitest the server is the caller's own too.
import { connect as dial } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect, type Db } from '../src/persistence/connect.ts';
import { migrate } from '../src/persistence/migrate/flow.ts';
import {
  databaseUrl,
  dropDatabase,
  freshName,
  makeTemplate,
  onServer,
  type Template,
} from './template-database.ts';

export { type TestRedis, testRedis } from './redis-server.ts';

export interface TestDatabase {
  readonly url: string;
  readonly db: Db;
  close(): Promise<void>;
}

/** A database with the migrations; `empty` leaves them out. */
export async function testDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const server = await theServer();
  const name = freshName('test');
  const url = databaseUrl(server.url, name);
  const copied = server.template !== '' && !empty;
  await onServer(server.url, `CREATE DATABASE ${name}${copied ? ` TEMPLATE ${server.template}` : ''}`);
  if (!copied && !empty) await migrate(url);
  const db = connect(url);
  return {
    url,
    db,
    async close() {
      await db.$disconnect();
      await dropDatabase(server.url, name);
      await server.close();
    },
  };
}

async function theServer(): Promise<Template> {
  const socketPath = process.env.OTHERWORLD_TEST_STORES;
  if (!socketPath) return makeTemplate();
  const { error, ...server } = JSON.parse(await text(dial(socketPath)));
  if (error) throw new Error(error);
  return { ...server, close: async () => {} };
}
