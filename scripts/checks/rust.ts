// All tests of the Rust workspace, documentation examples included.
import { netcode, rustEnvironment } from '../setup/rust.ts';
import type { Part } from './part.ts';
import { countCargo } from './tally.ts';

export const rust: Part = {
  name: 'rust',
  about: 'Rust',
  budget: 15,
  fast: true,
  async check({ run, tool }) {
    const env = await rustEnvironment(run.signal);
    await tool('cargo test', 'cargo', ['test', '--workspace', '--locked', '--no-fail-fast'], {
      cwd: netcode,
      env,
      count: countCargo,
    });
  },
};
