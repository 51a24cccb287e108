// `node control-plane/bench/accounts.ts`: what a password costs, and what it costs to know who asks, on a real
// PostgreSQL and Redis of this run. Figures hold for a machine that does nothing else.
import { availableParallelism } from 'node:os';
import { Accounts } from '../src/accounts/accounts.ts';
import { PasswordHasher } from '../src/accounts/password/hash.ts';
import { Bus } from '../src/bus.ts';
import { connectRedis } from '../src/redis.ts';
import { testDatabase, testRedis } from '../test/stores.ts';
import { quiet } from '../test/supervisor-fixture.ts';

const PASSWORD = 'correct horse battery staple';

function row(what: string, timesMs: number[]): void {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const at = (part: number) => (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(3);
  console.log(`${what.padEnd(44)} p50 ${at(0.5)} ms  p99 ${at(0.99)} ms  n ${sorted.length}`);
}

async function measure(times: number, work: (at: number) => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let at = 0; at < times; at += 1) {
    const begun = performance.now();
    await work(at);
    taken.push(performance.now() - begun);
  }
  return taken;
}

const hasher = new PasswordHasher();
const known = await hasher.hash(PASSWORD);
await measure(5, () => hasher.verify(known, PASSWORD));
row('argon2id, one verification', await measure(60, () => hasher.verify(known, PASSWORD)));
const before = process.memoryUsage().rss;
let most = before;
const watch = setInterval(() => {
  most = Math.max(most, process.memoryUsage().rss);
}, 2);
const begun = performance.now();
await Promise.all(Array.from({ length: 60 }, () => hasher.verify(known, PASSWORD)));
const together = (performance.now() - begun) / 60;
clearInterval(watch);
console.log(
  `60 at once: ${together.toFixed(1)} ms each, ${((most - before) / 2 ** 20).toFixed(0)} MiB more at the most`,
);

const [database, memory] = await Promise.all([testDatabase(), testRedis()]);
const redis = connectRedis(memory.url);
const bus = new Bus(redis);
const accounts = new Accounts({ db: database.db, bus, log: quiet });
const tokens: string[] = [];
for (let at = 0; at < 300; at += 1) tokens.push((await accounts.guest('Ada')).token);
row('making a guest', await measure(300, () => accounts.guest('Ada')));
row('authenticate, not remembered', await measure(300, (at) => accounts.authenticate(tokens[at] ?? '')));
await accounts.authenticate(tokens[0] ?? '');
row('authenticate, remembered', await measure(20_000, () => accounts.authenticate(tokens[0] ?? '')));
row('rotate', await measure(300, (at) => accounts.rotate(tokens[at] ?? '')));
console.log(`${availableParallelism()} cores, Node ${process.version}`);

accounts.close();
bus.close();
redis.disconnect();
await memory.close();
await database.close();
