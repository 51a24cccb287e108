// What the gateway holds and delivers: `node control-plane/bench/gateway.ts [--sockets N] [--rooms R] [--seconds S]`.
//
// First N sockets at two gateway processes, signed in and idle: what one costs in memory. Then R instances of 100
// people, spread over both processes, in which more and more is said: messages delivered a second and how long each took
// from its sender's send to each reader's receipt. Gateway processes, clients and Redis are processes of their own on
// one machine; accounts and seats are stand-ins (test/gateway-process.ts), sockets, Redis and the gateway are real.
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import type { GatewayRules } from '../src/gateway/rules.ts';
import { type GatewayChild, gatewayChild } from '../test/gateway-child.ts';
import { tokenOf } from '../test/gateway-process.ts';
import { type TestRedis, testRedis } from '../test/stores.ts';

const PEOPLE = 100;
const GATEWAYS = 2;
/** Said by everybody together, each second. */
const LOADS = [10, 50, 100, 200];
/** Nobody's own limits; the process' limits are what is looked for. */
const RULES: Partial<GatewayRules> = {
  chatCharacters: 500,
  buckets: {
    control: { rate: 1000, burst: 1000 },
    chat: { rate: 1000, burst: 1000 },
    interaction: { rate: 1, burst: 1 },
  },
};
const MIB = 1024 * 1024;

// ---- a process of clients --------------------------------------------------------------------------------------------

type Order =
  | { readonly type: 'open'; readonly url: string; readonly tokens: readonly string[] }
  | { readonly type: 'talk'; readonly perSecond: number; readonly seconds: number }
  | { readonly type: 'report' };

interface Report {
  readonly open: number;
  readonly said: number;
  readonly heard: number;
  readonly refused: number;
  /** Unit: milliseconds. */
  readonly latencies: readonly number[];
}

const nowMs = () => performance.timeOrigin + performance.now();

function clients(): void {
  const sockets: WebSocket[] = [];
  let [said, heard, refused, open] = [0, 0, 0, 0];
  let latencies: number[] = [];
  const hear = (bytes: Buffer) => {
    if (bytes.indexOf('"chat:message:v1:stream"') !== 1 + '"type":'.length) {
      if (bytes.includes('gateway:ready')) open += 1;
      if (bytes.includes('gateway:error')) refused += 1;
      return;
    }
    heard += 1;
    const at = bytes.indexOf('@');
    latencies.push(nowMs() - Number(bytes.subarray(at + 1, bytes.indexOf('@', at + 1))));
  };
  const enter = async (url: string, token: string) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/gateway`, { perMessageDeflate: false });
    socket.on('message', hear);
    socket.on('close', () => {
      open -= 1;
    });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'gateway:hello:v1:requested', data: { token } }));
    sockets.push(socket);
  };
  const talk = async (perSecond: number, seconds: number) => {
    const begun = performance.now();
    for (let i = 0; i < perSecond * seconds; i += 1) {
      const waitMs = begun + (i * 1000) / perSecond - performance.now();
      if (waitMs > 1) await sleep(waitMs);
      const text = `@${nowMs()}@ ${'and so on '.repeat(6)}`;
      const speaker = sockets[(i * 37) % sockets.length];
      speaker?.send(JSON.stringify({ type: 'chat:message:v1:requested', data: { text } }));
      said += 1;
    }
  };
  process.on('message', async (order: Order) => {
    switch (order.type) {
      case 'open':
        for (let from = 0; from < order.tokens.length; from += 50) {
          await Promise.all(order.tokens.slice(from, from + 50).map((token) => enter(order.url, token)));
        }
        break;
      case 'talk':
        await talk(order.perSecond, order.seconds);
        break;
      case 'report':
        process.send?.({ open, said, heard, refused, latencies } satisfies Report);
        latencies = [];
        [said, heard, refused] = [0, 0, 0];
        return;
    }
    process.send?.('done');
  });
}

// ---- the bench -------------------------------------------------------------------------------------------------------

async function order(child: ChildProcess, what: Order): Promise<unknown> {
  child.send(what);
  const [answer] = await once(child, 'message');
  return answer;
}

async function report(children: readonly ChildProcess[]): Promise<Report> {
  const all = (await Promise.all(children.map((child) => order(child, { type: 'report' })))) as Report[];
  const sum = (key: 'open' | 'said' | 'heard' | 'refused') => all.reduce((total, one) => total + one[key], 0);
  return {
    open: sum('open'),
    said: sum('said'),
    heard: sum('heard'),
    refused: sum('refused'),
    latencies: all.flatMap(({ latencies }) => latencies).sort((a, b) => a - b),
  };
}

/** `rooms` instances of `PEOPLE` connected people; their tokens in the order of the rooms. */
async function seat({ client }: TestRedis, rooms: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let room = 0; room < rooms; room += 1) {
    const writes = client.pipeline();
    for (let seat = 0; seat < PEOPLE; seat += 1) {
      const account = randomUUID();
      tokens.push(tokenOf(account, `P${seat}`));
      writes.set(`test:place:${account}`, `room-${room} ${seat}`);
      writes.hset(`test:seats:room-${room}`, seat, JSON.stringify({ account, name: `P${seat}` }));
    }
    await writes.exec();
  }
  return tokens;
}

const spawnClients = (count: number) =>
  Array.from({ length: count }, () => fork(import.meta.filename, ['--clients'], { stdio: 'inherit' }));

/** Evenly, at all gateway processes. */
async function open(
  children: readonly ChildProcess[],
  gateways: readonly GatewayChild[],
  tokens: readonly string[],
) {
  await Promise.all(
    children.map((child, at) => {
      const url = gateways[at % gateways.length]?.url as string;
      return order(child, { type: 'open', url, tokens: tokens.filter((_, i) => i % children.length === at) });
    }),
  );
}

async function memory(gateways: readonly GatewayChild[]): Promise<{ rss: number; heap: number }> {
  await sleep(1_000); // sockets are quiet, and garbage is collected
  const usages = await Promise.all(gateways.map((gateway) => gateway.memory()));
  return {
    rss: usages.reduce((sum, { rss }) => sum + rss, 0),
    heap: usages.reduce((sum, { heapUsed, external }) => sum + heapUsed + external, 0),
  };
}

async function holdSockets(redis: TestRedis, count: number): Promise<void> {
  const gateways = await Promise.all(Array.from({ length: GATEWAYS }, () => gatewayChild(redis.url, RULES)));
  const children = spawnClients(GATEWAYS);
  const before = await memory(gateways);
  const begun = performance.now();
  const tokens = Array.from({ length: count }, () => tokenOf(randomUUID()));
  await open(children, gateways, tokens);
  const openedMs = performance.now() - begun;
  const after = await memory(gateways);
  const { open: held } = await report(children);
  assert.equal(held, count, 'sockets that are signed in');
  const [rss, heap] = [after.rss - before.rss, after.heap - before.heap].map((bytes) => bytes / count / 1024);
  console.log(
    `${held} sockets held by ${GATEWAYS} processes; opened and signed in ${Math.round(count / (openedMs / 1000))} a second; ` +
      `each costs ${rss?.toFixed(1)} KiB resident, ${heap?.toFixed(1)} KiB of it heap and buffers ` +
      `(${Math.round(before.rss / MIB)} -> ${Math.round(after.rss / MIB)} MiB in all)`,
  );
  for (const child of children) child.kill('SIGKILL');
  for (const gateway of gateways) await gateway.kill();
}

async function chat(redis: TestRedis, rooms: number, seconds: number): Promise<void> {
  const gateways = await Promise.all(Array.from({ length: GATEWAYS }, () => gatewayChild(redis.url, RULES)));
  const children = spawnClients(GATEWAYS);
  await open(children, gateways, await seat(redis, rooms));
  await sleep(2_000);
  console.log(
    `${rooms} instances of ${PEOPLE}; every message goes to ${PEOPLE} sockets, half at each process`,
  );
  for (const load of LOADS) {
    await report(children);
    const begun = performance.now();
    const perSecond = load / children.length;
    const cpu = await Promise.all(gateways.map((gateway) => cpuMs(gateway)));
    await Promise.all(children.map((child) => order(child, { type: 'talk', perSecond, seconds })));
    const spokenS = (performance.now() - begun) / 1000;
    const cores =
      (await Promise.all(gateways.map((gateway) => cpuMs(gateway)))).reduce(
        (sum, ms, i) => sum + ms - (cpu[i] ?? 0),
        0,
      ) /
      (1000 * spokenS);
    await sleep(1_500);
    const { said, heard, refused, latencies } = await report(children);
    const at = (share: number) => latencies[Math.floor(latencies.length * share)]?.toFixed(1);
    console.log(
      `${Math.round(said / spokenS)} said a second: ${Math.round(heard / spokenS)} delivered a second, ` +
        `${((100 * heard) / (said * PEOPLE)).toFixed(2)} % arrived, ${refused} refused; ` +
        `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${latencies.at(-1)?.toFixed(1)} ms; ` +
        `${cores.toFixed(2)} cores for both gateways`,
    );
  }
  for (const child of children) child.kill('SIGKILL');
  for (const gateway of gateways) await gateway.kill();
}

/** Processor time of a process until now. */
async function cpuMs({ process: child }: GatewayChild): Promise<number> {
  const fields = (await readFile(`/proc/${child.pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10; // USER_HZ is 100
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sockets: { type: 'string', default: '10000' },
      rooms: { type: 'string', default: '10' },
      seconds: { type: 'string', default: '5' },
    },
  });
  const [cpu] = cpus();
  console.log(
    `${cpus().length} × ${cpu?.model}, Node ${process.version}; clients, gateways and Redis share them`,
  );
  const redis = await testRedis();
  try {
    await holdSockets(redis, Number(values.sockets));
    await redis.flush();
    await chat(redis, Number(values.rooms), Number(values.seconds));
  } finally {
    await redis.close();
  }
}

if (process.argv.includes('--clients')) clients();
else await main();
