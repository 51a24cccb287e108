// `npm run fuzz`: searches for bytes that break a parser, guided by coverage. The targets are those of netcode/fuzz, the engine is
// libFuzzer, built from a crate by the machine's stable Rust (docs/decisions/0008-fuzzing.md). What is found is kept in
// `.otherworld/fuzz/TARGET/`, so that the next run goes on from there.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { readOptions } from './bootstrap/options.mjs';
import { checkoutRoot } from './bootstrap/places.mjs';
import { Problem } from './bootstrap/problem.mjs';
import { runTool, tryTool } from './bootstrap/tool.mjs';
import { launched, type Run } from './lib/launcher.ts';
import { hostOf, netcode, rustEnvironment, targetDir } from './setup/rust.ts';

/** Coverage of edges and compared values, as libFuzzer wants it; all of these are flags of stable rustc. */
const COVERAGE = [
  '-Cpasses=sancov-module',
  ...['level=4', 'inline-8bit-counters', 'pc-table', 'trace-compares'].map(
    (feature) => `-Cllvm-args=-sanitizer-coverage-${feature}`,
  ),
];
const LONGEST_INPUT = 4096; // `MOST_INPUT` in netcode/fuzz
const SLOWEST_S = 10;
const MOST_MEMORY_MIB = 2048;
const LONGEST_LINE = 300;

type Tools = { engine: string; tool: string; env: NodeJS.ProcessEnv };
type Places = { home: string; seeds: string; corpus: string; crashes: string };

await launched(async (run) => {
  const { seconds, target, replay } = readOptions(process.argv.slice(2));
  const tools = await build(run);
  const targets = await namesOf(run, tools);
  if (target && !targets.includes(target))
    throw new Problem(`There is no target “${target}”`, `use one of ${targets.join(', ')}`);
  if (replay) return replayed(run, tools, target, replay);
  const chosen = target ? [target] : targets;
  let found = 0;
  for (const name of chosen) found += await search(run, tools, name, seconds / chosen.length);
  run.print(`Findings: ${found}, on targets: ${chosen.length}. What is kept lies in .otherworld/fuzz`);
  return found > 0 ? 1 : 0;
});

async function build(run: Run): Promise<Tools> {
  return run.step('Fuzz engine', async () => {
    const { signal } = run;
    const env = await rustEnvironment(signal);
    const host = await hostOf(env, signal);
    const dir = path.join(targetDir(), 'fuzz');
    const cargo = ['build', '--locked', '-p', 'otherworld-fuzz', '--bin'];
    await runTool('cargo', [...cargo, 'otherworld-fuzz'], { cwd: netcode, env, signal });
    // `--target`, so that build scripts are not instrumented: nothing would count for them.
    const engine = ['otherworld-fuzz-engine', '--features', 'engine', '--profile', 'fuzz', '--target', host];
    const instrumented = { ...env, CARGO_TARGET_DIR: dir, RUSTFLAGS: COVERAGE.join(' ') };
    await runTool('cargo', [...cargo, ...engine], { cwd: netcode, env: instrumented, signal });
    return {
      engine: path.join(dir, host, 'fuzz/otherworld-fuzz-engine'),
      tool: path.join(targetDir(), 'debug/otherworld-fuzz'),
      env,
    };
  });
}

async function namesOf(run: Run, { tool, env }: Tools): Promise<string[]> {
  const { output } = await runTool(tool, ['list'], { env, signal: run.signal });
  return output
    .trim()
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '');
}

async function search(run: Run, tools: Tools, target: string, seconds: number): Promise<number> {
  const { signal } = run;
  const places = await prepare(run, tools, target);
  const args = [
    `-max_total_time=${Math.max(1, Math.round(seconds))}`,
    `-max_len=${LONGEST_INPUT}`,
    `-timeout=${SLOWEST_S}`,
    `-rss_limit_mb=${MOST_MEMORY_MIB}`,
    `-dict=${path.join(netcode, 'fuzz/dictionary.txt')}`,
    `-artifact_prefix=${places.crashes}/`,
    ...[places.corpus, places.seeds],
  ];
  const { code, errors } = await run.step(`Fuzz ${target}`, async (step) => {
    const started = performance.now();
    const onErrors = (line: string) => {
      const told = progressOf(line);
      if (told) step.report(told, Math.min(1, (performance.now() - started) / 1000 / seconds));
    };
    const env = { ...tools.env, OTHERWORLD_FUZZ_TARGET: target, RUST_BACKTRACE: '0' };
    return tryTool('nice', ['-n', '10', tools.engine, ...args], { cwd: places.home, env, signal, onErrors });
  });
  if (code === 0) return 0;
  await explain(run, tools, target, errors);
  return 1;
}

async function prepare(run: Run, { tool, env }: Tools, target: string): Promise<Places> {
  const home = path.join(checkoutRoot, '.otherworld/fuzz', target);
  const at = (name: string) => path.join(home, name);
  const places = { home, seeds: at('seeds'), corpus: at('corpus'), crashes: at('crashes') };
  for (const dir of [places.corpus, places.crashes]) await mkdir(dir, { recursive: true });
  await runTool(tool, ['seeds', target, places.seeds], { env, signal: run.signal });
  return places;
}

/** What a line of libFuzzer says of how far it is: `#4096 NEW cov: 62 ft: 80 corp: 5/40b … exec/s: 512 …`. */
function progressOf(line: string): string | undefined {
  const [, runs, coverage, inputs] = /^#(\d+)\s.*cov: (\d+).*corp: (\d+)\//.exec(line) ?? [];
  if (runs === undefined) return undefined;
  return `${Number(runs).toLocaleString('en')} runs, ${coverage} edges, ${inputs} inputs`;
}

async function explain(run: Run, { tool, env }: Tools, target: string, errors: string): Promise<void> {
  const lines = errors.split('\n');
  const first = Math.max(
    0,
    lines.findIndex((line) => /^thread .* panicked|^==\d+== ERROR/.test(line)),
  );
  // What follows is libFuzzer's own: the input once more, in three spellings.
  const end = lines.findIndex((line, k) => k > first && /^(note:|stack|==\d+==)/.test(line));
  const said = lines.slice(first, end < 0 ? first + 12 : end);
  run.print([`\n── ${target} ──`, ...said.map((line) => line.slice(0, LONGEST_LINE))].join('\n'));
  const files = [...errors.matchAll(/Test unit written to (.+)$/gm)].map(([, file = '']) => file);
  for (const file of files) {
    const { output: hex } = await runTool(tool, ['hex', target, file], { env, signal: run.signal });
    run.print(
      [
        `Replay it: npm run fuzz -- --target ${target} --replay ${path.relative(checkoutRoot, file)}`,
        `Keep it as a test: add this line to netcode/fuzz/corpus/${target}.txt, named after what was wrong;`,
        '`cargo test -p otherworld-fuzz` runs every line:',
        `NAME: ${hex.trim()}`,
      ].join('\n'),
    );
  }
}

async function replayed(run: Run, { tool, env }: Tools, target: string, file: string): Promise<number> {
  if (!target) throw new Problem('--replay needs to know what to replay it on', 'give --target too');
  const { code, output, errors } = await tryTool(tool, ['replay', target, file], { env, signal: run.signal });
  run.print(`${output}${errors}`.trim());
  return code === 0 ? 0 : 1;
}
