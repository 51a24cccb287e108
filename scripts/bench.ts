// `npm run bench`: the benchmarks of the Rust workspace. What they print is theirs; rows worth keeping are committed by hand.
import { runTool } from './bootstrap/tool.mjs';
import { launched } from './lib/launcher.ts';
import { netcode, rustEnvironment } from './setup/rust.ts';

await launched(async (run) => {
  const { signal } = run;
  const env = await rustEnvironment(signal);
  const { output } = await run.step('Benchmarks (Rust)', () =>
    runTool('cargo', ['bench', '--workspace', '--locked'], { cwd: netcode, env, signal }),
  );
  run.print(output);
  return 0;
});
