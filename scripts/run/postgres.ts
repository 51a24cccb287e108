// The database of `npm start`: a PostgreSQL of its own, whose cluster lies in the data folder.
import { existsSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import type { Run } from '../lib/launcher.ts';
import {
  initialiseCluster,
  POSTGRES_USER,
  postgresArguments,
  postgresPrograms,
} from '../lib/postgres-cluster.ts';
import type { Address } from './addresses.ts';
import { localSecret } from './secrets.ts';
import type { Service } from './service.ts';

const DATABASE = 'otherworld';

export type Postgres = { service: Service; url: string };

export async function postgres(run: Run, data: string, { host, port }: Address): Promise<Postgres> {
  const password = await localSecret(data, 'postgres.password');
  const home = path.join(data, 'postgres');
  const url = (database: string) => `postgresql://${POSTGRES_USER}:${password}@${host}:${port}/${database}`;
  const service: Service = {
    name: 'PostgreSQL',
    address: `${host}:${port}`,
    logFile: path.join(data, 'logs/postgres.log'),
    stopSignal: 'SIGINT', // its "fast" shutdown
    async command() {
      const programs = await postgresPrograms();
      if (!existsSync(home))
        await initialiseCluster(programs, home, path.join(data, 'secrets/postgres.password'), run.signal);
      const args = postgresArguments(home, host, port, ['max_connections=100']);
      return { file: programs.server, args, privileges: programs.privileges };
    },
    healthy: () => ensureDatabase(url('postgres')),
  };
  return { service, url: url(DATABASE) };
}

async function ensureDatabase(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => {}); // the server going away is seen by its exit
  try {
    await client.connect();
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}
