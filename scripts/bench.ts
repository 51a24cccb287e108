// `npm run bench`: the benchmarks, one after the other so that none disturbs another. What they print is theirs; rows worth
// keeping are committed by hand, with machine and conditions.
import path from 'node:path';
import { checkoutRoot } from './bootstrap/places.mjs';
import { runTool } from './bootstrap/tool.mjs';
import { launched } from './lib/launcher.ts';
import { setUp } from './setup/flow.ts';
import { godotServer } from './setup/project.ts';
import { netcode, rustEnvironment } from './setup/rust.ts';

const controlPlane = path.join(checkoutRoot, 'control-plane/bench');
const CONTROL_PLANE = ['match', 'seats', 'tickets', 'gateway', 'relay', 'requests', 'accounts', 'worlds'];

await launched(async (run) => {
  const { signal } = run;
  const { godot, redis, worldsDir } = await setUp(run);
  const env = {
    ...(await rustEnvironment(signal)),
    OTHERWORLD_TEST_REDIS: redis,
    OTHERWORLD_TEST_WORLD: path.join(worldsDir, 'plaza.glb'),
  };
  const headless = ['--headless', '--fixed-fps', '60', '--path', godotServer, '--script', 'test/bench.gd'];
  const benchmarks = [
    {
      title: 'Core and pipes',
      file: 'cargo',
      args: ['bench', '--locked', '-p', 'otherworld-core', '-p', 'otherworld-pipes'],
    },
    { title: 'Tick in Godot', file: godot, args: headless },
    ...CONTROL_PLANE.map((name) => ({
      title: `Control plane: ${name}`,
      file: process.execPath,
      args: [path.join(controlPlane, `${name}.ts`)],
    })),
  ];
  for (const { title, file, args } of benchmarks) {
    const { output } = await run.step(title, () => runTool(file, args, { cwd: netcode, env, signal }));
    run.print(output);
  }
  return 0;
});
