// A compiler for wasm32-unknown-unknown: rustup's own target where it is installed, else Debian's rustc and linker.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { runTool } from '../bootstrap/tool.mjs';
import type { Run } from '../lib/launcher.ts';
import { installClosure } from './debian/install.ts';
import { netcode, rustEnvironment } from './rust.ts';

const TARGET = 'wasm32-unknown-unknown';

/** Returns the environment in which `cargo build --target wasm32-unknown-unknown` works. */
export function setUpWasm(run: Run): Promise<NodeJS.ProcessEnv> {
  return run.step('WASM compiler', async (step) => {
    const env = await rustEnvironment(run.signal);
    const { output } = await runTool('rustc', ['--print', 'sysroot'], {
      cwd: netcode,
      env,
      signal: run.signal,
    });
    if (existsSync(path.join(output.trim(), 'lib/rustlib', TARGET, 'lib'))) {
      step.report("rustup's target");
      return env;
    }
    const { home } = await installClosure(run, step, 'wasm', async (dir) => {
      await runTool(path.join(dir, 'bin/rustc'), ['--version'], { signal: run.signal });
      await runTool(path.join(dir, 'bin/wasm-ld'), ['--version'], { signal: run.signal });
    });
    step.report("Debian's rustc and lld");
    return {
      ...env,
      RUSTC: path.join(home, 'bin/rustc'),
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: path.join(home, 'bin/wasm-ld'),
    };
  });
}
