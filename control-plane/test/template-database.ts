// The server that a test run has, and on it the migrated database of which every test file gets a copy.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../src/persistence/migrate/flow.ts';
import { startPostgres } from './postgres-server.ts';

export interface Template {
  /** Of the server; its path names a database to connect to first. */
  readonly url: string;
  /** Empty where databases cannot be copied (CockroachDB): there each is migrated by itself. */
  readonly template: string;
  close(): Promise<void>;
}

/** On the server that TEST_DATABASE_URL names, else on one of our own. */
export async function makeTemplate(): Promise<Template> {
  const given = process.env.TEST_DATABASE_URL;
  const server = given ? { url: given, close: async () => {} } : await startPostgres();
  if (!(await canCopy(server.url))) return { url: server.url, template: '', close: server.close };
  const template = freshName('template');
  await onServer(server.url, `CREATE DATABASE ${template}`);
  await migrate(databaseUrl(server.url, template));
  return {
    url: server.url,
    template,
    async close() {
      if (given) await dropDatabase(server.url, template);
      await server.close();
    },
  };
}

/** Of this run alone, so that runs on one server do not meet. */
export const freshName = (what: string): string => `ow_${what}_${randomBytes(6).toString('hex')}`;

export function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

export async function onServer(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

export async function dropDatabase(server: string, name: string): Promise<void> {
  const force = (await canCopy(server)) ? 'WITH (FORCE)' : 'CASCADE';
  await onServer(server, `DROP DATABASE IF EXISTS ${name} ${force}`);
}

async function canCopy(url: string): Promise<boolean> {
  const { rows } = await onServer(url, 'SELECT version()');
  return !rows[0].version.includes('CockroachDB');
}
