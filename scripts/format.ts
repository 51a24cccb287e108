// `npm run format`: formats every source file in place.
import path from 'node:path';
import { checkoutRoot } from './bootstrap/places.mjs';
import { runTool } from './bootstrap/tool.mjs';
import { gdScripts } from './checks/format.ts';
import { launched } from './lib/launcher.ts';
import { setUpGdToolkit } from './setup/gdtoolkit.ts';
import { netcode, rustEnvironment } from './setup/rust.ts';

await launched(async (run) => {
  const { signal } = run;
  const bin = (name: string) => path.join(checkoutRoot, 'node_modules/.bin', name);
  const gdformat = (await setUpGdToolkit(run))('gdformat');
  await run.step('TypeScript', () =>
    runTool(bin('biome'), ['check', '--write', '.'], { cwd: checkoutRoot, signal }),
  );
  await run.step('Protobuf', () =>
    runTool(bin('buf'), ['format', '-w'], { cwd: path.join(checkoutRoot, 'proto'), signal }),
  );
  await run.step('Rust', async () =>
    runTool('cargo', ['fmt', '--all'], { cwd: netcode, env: await rustEnvironment(signal), signal }),
  );
  await run.step('GDScript', async () =>
    runTool(gdformat.file, [...gdformat.args, ...(await gdScripts())], { env: gdformat.env, signal }),
  );
  return 0;
});
