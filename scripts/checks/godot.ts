// The tests inside a real headless Godot, with the extension and the plaza as they are run.
import path from 'node:path';
import { godotServer } from '../setup/project.ts';
import type { Part } from './part.ts';
import { countPlain } from './tally.ts';

const DEADLINE = '300'; // seconds; a Godot that never ends is a failure, not a wait

export const godot: Part = {
  name: 'godot',
  about: 'headless Godot',
  budget: 10,
  fast: false,
  async check({ parts, tool }) {
    const system = await parts();
    const args = ['--headless', '--fixed-fps', '60', '--path', godotServer, '--script', 'test/run.gd'];
    const env = { ...process.env, OTHERWORLD_TEST_WORLD: path.join(system.worldsDir, 'plaza.glb') };
    await tool('godot tests', 'timeout', ['--kill-after=5', DEADLINE, system.godot, ...args], {
      env,
      count: countPlain,
    });
  },
};
