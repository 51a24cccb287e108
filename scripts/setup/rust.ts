// Builds the Godot extension, the bot executor and the impairment proxy. The results are kept by the hash of what they are
// made from, so that a start without changes does not even ask cargo; cargo's own folder is in the cache too and is shared by
// all checkouts.
import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { cacheRoot, checkoutRoot } from '../bootstrap/places.mjs';
import { Problem } from '../bootstrap/problem.mjs';
import { runTool, ToolError, tryTool } from '../bootstrap/tool.mjs';
import type { Run, Step } from '../lib/launcher.ts';
import { cached, hashSources } from './cached.ts';

const LEAST_RUST = [1, 95] as const; // `rust-version` in netcode/Cargo.toml
const CURE = `install Rust ${LEAST_RUST.join('.')} or newer with rustup (https://rustup.rs) and start again`;
const PACKAGES = ['otherworld-godot', 'otherworld-bot', 'otherworld-impair'];
const OUTPUTS = ['libotherworld.so', 'otherworld-bot', 'otherworld-impair'];

export const netcode = path.join(checkoutRoot, 'netcode');

export type Netcode = {
  /** The GDExtension. */
  library: string;
  /** The bot executor. */
  bot: string;
  /** The bad network between bots and instances. */
  impair: string;
};

export function setUpNetcode(run: Run): Promise<Netcode> {
  return run.step('Netcode (Rust)', async (step) => {
    const env = await rustEnvironment(run.signal);
    const { output: rustc } = await runTool('rustc', ['-vV'], { cwd: netcode, env, signal: run.signal });
    const key = await hashSources(
      [netcode, path.join(checkoutRoot, 'proto'), path.join(checkoutRoot, '.cargo')],
      [rustc],
    );
    const home = await cached(run, step, { kind: 'built/netcode', key }, async (dir) => {
      await build(step, env, run.signal);
      for (const name of OUTPUTS)
        await copyFile(path.join(targetDir(), 'release', name), path.join(dir, name));
    });
    step.report(/^rustc \S+/.exec(rustc)?.[0] ?? '');
    const at = (name: string) => path.join(home, name);
    return { library: at('libotherworld.so'), bot: at('otherworld-bot'), impair: at('otherworld-impair') };
  });
}

export const targetDir = (): string => process.env.CARGO_TARGET_DIR ?? path.join(cacheRoot, 'cargo-target');

/** The environment in which cargo works here; refuses when there is no Rust or too old a one. */
export async function rustEnvironment(signal: AbortSignal): Promise<NodeJS.ProcessEnv> {
  const env: NodeJS.ProcessEnv = { ...process.env, CARGO_TARGET_DIR: targetDir(), CARGO_TERM_COLOR: 'never' };
  await mkdir(targetDir(), { recursive: true });
  const cargo = (process.env.PATH ?? '')
    .split(':')
    .map((dir) => path.join(dir, 'cargo'))
    .find(existsSync);
  if (!cargo) throw new Problem('Rust is missing (there is no cargo on PATH)', CURE);
  const candidates = [env, { ...env, RUSTUP_HOME: path.resolve(cargo, '../../../.rustup') }]; // the second: HOME is not rustup's
  for (const candidate of candidates) {
    const { code, output } = await tryTool('rustc', ['--version'], { cwd: netcode, env: candidate, signal });
    const [, major, minor] = /^rustc (\d+)\.(\d+)/.exec(output) ?? [];
    if (code !== 0 || major === undefined) continue;
    const enough = Number(major) > LEAST_RUST[0] || Number(minor) >= LEAST_RUST[1];
    if (!enough) throw new Problem(`Rust ${major}.${minor} is too old`, CURE);
    return candidate;
  }
  throw new Problem(
    `${cargo} has no Rust toolchain to run`,
    'run `rustup default stable`, or set RUSTUP_HOME to where the toolchains are',
  );
}

async function build(step: Step, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const selection = PACKAGES.flatMap((name) => ['-p', name]);
  step.report('fetching crates');
  await runCargo(['fetch', '--locked', '--target', await hostOf(env, signal)], env, signal);
  const { output: tree } = await runTool(
    'cargo',
    ['tree', '--locked', '--prefix', 'none', '-e', 'normal,build', ...selection],
    { cwd: netcode, env, signal },
  );
  const total = new Set(tree.split('\n').map((line) => line.replace(' (*)', '').trim())).size - 1;
  const seen = new Set<string>();
  await runCargo(
    ['build', '--release', '--locked', '--message-format', 'json-render-diagnostics', ...selection],
    env,
    signal,
    (line) => {
      const name = /"reason":"compiler-artifact","package_id":"([^"]+)"/.exec(line)?.[1];
      if (!name) return;
      seen.add(name);
      step.report(`crate ${Math.min(seen.size, total)} of ${total}`, Math.min(1, seen.size / total));
    },
  );
}

/** The triple of this machine. */
export async function hostOf(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  const { output } = await runTool('rustc', ['-vV'], { cwd: netcode, env, signal });
  return /^host: (.+)$/m.exec(output)?.[1] ?? '';
}

async function runCargo(
  args: string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  onOutput?: (line: string) => void,
): Promise<void> {
  try {
    await runTool('cargo', args, { cwd: netcode, env, signal, ...(onOutput ? { onOutput } : {}) });
  } catch (error) {
    if (error instanceof ToolError && /linker `?cc`? not found/.test(error.message))
      throw new Problem('The C linker is missing, which Rust needs', 'install the package gcc');
    throw error;
  }
}
