// The database server of a test run: PostgreSQL in a folder of its own, without the safety of the disk, which no test needs.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import {
  initialiseCluster,
  POSTGRES_USER,
  postgresArguments,
  postgresPrograms,
} from '../../scripts/lib/postgres-cluster.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

export interface Server {
  /** Of its database `postgres`. */
  readonly url: string;
  close(): Promise<void>;
}

const SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300'];

export async function startPostgres(): Promise<Server> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ow-postgres-'));
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, 'test\n');
  const programs = await postgresPrograms();
  const home = path.join(folder, 'data');
  await initialiseCluster(programs, home, passwordFile, AbortSignal.timeout(60_000));
  const port = await freePort();
  const args = postgresArguments(home, '127.0.0.1', port, SETTINGS);
  const child = spawn('setpriv', ['--pdeathsig', 'QUIT', ...programs.privileges, programs.server, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const url = `postgresql://${POSTGRES_USER}:test@127.0.0.1:${port}/postgres`;
  const said = remember(child);
  await until(() => {
    if (child.exitCode !== null) throw new Error(`PostgreSQL ended: ${said()}`);
    return answers(url);
  }, 30_000);
  return {
    url,
    async close() {
      child.kill('SIGQUIT');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** The end of what it said. */
function remember(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (data) => {
    text = `${text}${data}`.slice(-2_000);
  });
  return () => text.trim();
}
