// Is the core in WASM the core that the server runs? Plays the same random walk natively and in WASM, in a real world, and
// compares a hash of every state of every player, every 100 ticks. Exits with 1 on the first difference.
//
//   node check.mjs --wasm otherworld_wasm.wasm --native otherworld-walk --world plaza.glb [--players 20] [--ticks 10000]
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    wasm: { type: 'string' },
    native: { type: 'string' },
    world: { type: 'string' },
    players: { type: 'string', default: '20' },
    ticks: { type: 'string', default: '10000' },
  },
});
if (!options.wasm || !options.native || !options.world) {
  console.error('usage: check.mjs --wasm FILE --native FILE --world FILE [--players N] [--ticks N]');
  process.exit(2);
}

/** The lines of the native walk, without its timing. */
function walkNatively() {
  const run = spawnSync(options.native, [options.world, options.players, options.ticks], {
    encoding: 'utf8',
  });
  if (run.status !== 0) {
    throw new Error(`${options.native} failed: ${run.error ?? run.stderr}`);
  }
  const lines = run.stdout.trim().split('\n');
  const microseconds = lines.find((line) => line.startsWith('us_a_step'))?.split(' ')[1];
  return { lines: lines.filter((line) => !line.startsWith('us_a_step')), microseconds };
}

const hex = (hash) => BigInt.asUintN(64, hash).toString(16).padStart(16, '0');

/** The same lines, from the exports of the module. */
async function walkInWasm() {
  const { instance } = await WebAssembly.instantiate(readFileSync(options.wasm), {});
  const { memory, reserve, start, run, falls } = instance.exports;
  const world = readFileSync(options.world);
  const at = reserve(world.length) >>> 0; // before `buffer` is read: it may grow the memory
  new Uint8Array(memory.buffer, at, world.length).set(world);
  const players = Number(options.players);
  const checkpoints = Math.floor(Number(options.ticks) / 100);
  const lines = [`world ${hex(start(players))}`];
  const begin = performance.now();
  for (let k = 1; k <= checkpoints; k++) {
    lines.push(`${k * 100} ${hex(run(100))}`);
  }
  const milliseconds = performance.now() - begin;
  lines.push(`falls ${falls()}`);
  const microseconds = ((milliseconds * 1000) / (players * checkpoints * 100)).toFixed(3);
  return { lines, microseconds };
}

const native = walkNatively();
const wasm = await walkInWasm();
const at = native.lines.findIndex((line, k) => line !== wasm.lines[k]);
if (at >= 0 || native.lines.length !== wasm.lines.length || native.lines.length < 3) {
  console.error(`DIFFERENT: native "${native.lines[at]}", WASM "${wasm.lines[at]}"`);
  process.exit(1);
}
if (native.lines.at(-1) !== 'falls 0') {
  console.error(`players fell out of the world: ${native.lines.at(-1)}`);
  process.exit(1);
}
console.log(
  `equal: ${options.players} players × ${options.ticks} ticks, ${native.lines.length - 2} checkpoints, last ${native.lines.at(-2)}; ` +
    `native ${native.microseconds} µs a step, WASM ${wasm.microseconds} µs`,
);
