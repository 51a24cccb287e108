// Asks apt which packages make up a closure now: with an apt state of our own (no root, the host's packages do not count)
// and an index whose signature is checked against the host's Debian keyring. Used to make the lock file and, when the
// mirror no longer has what the lock file names, to find the newer packages.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cacheRoot } from '../../bootstrap/places.mjs';
import { Problem } from '../../bootstrap/problem.mjs';
import { runTool } from '../../bootstrap/tool.mjs';
import { CLOSURES, type Closure, type ClosureName } from './closures.ts';
import { findMirror } from './mirror.ts';
import { type PackageFile, parseUris } from './package-list.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export async function resolveClosure(
  name: ClosureName,
  architecture: string,
  signal: AbortSignal,
): Promise<PackageFile[]> {
  requireApt();
  if (!existsSync(KEYRING)) {
    throw new Problem(
      `Debian's keyring ${KEYRING} is missing, so packages cannot be verified`,
      'install the package debian-archive-keyring',
    );
  }
  const closure: Closure = CLOSURES[name];
  const bases = { debian: findMirror('debian'), 'debian-security': findMirror('debian-security') };
  const env = {
    ...process.env,
    APT_CONFIG: await writeConfig(name, closure, bases, architecture),
    LC_ALL: 'C',
  };
  await runTool('apt-get', ['update', '-qq'], { env, signal });
  const { output } = await runTool(
    'apt-get',
    ['install', '-qq', '--print-uris', '--no-install-recommends', ...closure.packages],
    { env, signal },
  );
  return parseUris(output, bases);
}

/** apt's tools are the one thing that a machine must have for a closure. */
export function requireApt(): void {
  if (existsSync('/usr/lib/apt/apt-helper') && existsSync('/usr/bin/dpkg-deb')) return;
  throw new Problem(
    'This machine has no apt, from which Godot and Redis would be fetched',
    'use Debian 12 or newer, or install Godot 4.6 or newer and redis-server so that they are on PATH',
  );
}

async function writeConfig(
  name: string,
  closure: Closure,
  bases: Record<string, string>,
  architecture: string,
): Promise<string> {
  const home = path.join(cacheRoot, 'apt', name);
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'etc'])
    await mkdir(path.join(home, part), { recursive: true });
  await writeFile(path.join(home, 'state/status'), '');
  const sources = [source(bases.debian, closure.suite)];
  if (closure.security) sources.push(source(bases['debian-security'], `${closure.suite}-security`));
  await writeFile(path.join(home, 'etc/debian.sources'), sources.join('\n'));
  const config = path.join(home, 'apt.conf');
  await writeFile(
    config,
    `Dir::State "${home}/state";
Dir::State::status "${home}/state/status";
Dir::Cache "${home}/cache";
Dir::Etc "${home}/etc";
Dir::Etc::sourcelist "${home}/etc/debian.sources";
Dir::Etc::sourceparts "/dev/null";
APT::Architecture "${architecture}";
APT::Architectures { "${architecture}"; };
APT::Sandbox::User "";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::ForceHash "SHA256";
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
// An index older than its own date still names packages by hash; a mirror that lags must not stop the set-up.
Acquire::Check-Valid-Until "false";
`,
  );
  return config;
}

const source = (base: string | undefined, suite: string) =>
  `Types: deb\nURIs: ${base}\nSuites: ${suite}\nComponents: main\nSigned-By: ${KEYRING}\n`;
