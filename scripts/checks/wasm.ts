// The shared step gives the same bits natively and in WebAssembly, in the plaza as it is run.
import path from 'node:path';
import { netcode, rustEnvironment, targetDir } from '../setup/rust.ts';
import { setUpWasm } from '../setup/wasm.ts';
import { setUpWorlds } from '../setup/worlds.ts';
import type { Part } from './part.ts';

const BUILD = ['build', '--release', '--locked', '-p', 'otherworld-wasm'];
const FOR_WASM = [...BUILD, '--lib', '--target', 'wasm32-unknown-unknown'];

export const wasm: Part = {
  name: 'wasm',
  about: 'native = WASM',
  budget: 8,
  fast: false,
  async check({ run, tool }) {
    const worldsDir = await setUpWorlds(run);
    const targets = { native: targetDir(), wasm: path.join(targetDir(), 'wasm') };
    const wasmEnv = { ...(await setUpWasm(run)), CARGO_TARGET_DIR: targets.wasm };
    await tool('build native', 'cargo', BUILD, { cwd: netcode, env: await rustEnvironment(run.signal) });
    await tool('build WASM', 'cargo', FOR_WASM, { cwd: netcode, env: wasmEnv });
    const args = [
      ['--native', path.join(targets.native, 'release/otherworld-walk')],
      ['--wasm', path.join(targets.wasm, 'wasm32-unknown-unknown/release/otherworld_wasm.wasm')],
      ['--world', path.join(worldsDir, 'plaza.glb')],
    ].flat();
    await tool('native = WASM', process.execPath, [path.join(netcode, 'wasm/check.mjs'), ...args]);
  },
};
