// The shared step gives the same bits natively and in WebAssembly.
import path from 'node:path';
import { netcode } from '../setup/rust.ts';
import { setUpWasm } from '../setup/wasm.ts';
import type { Part } from './part.ts';

export const wasm: Part = {
  name: 'wasm',
  about: 'native = WASM',
  budget: 8,
  fast: false,
  async check({ run, tool }) {
    const env = await setUpWasm(run);
    await tool('native = WASM', process.execPath, [path.join(netcode, 'wasm/test/same-bits.ts')], {
      cwd: netcode,
      env,
    });
  },
};
