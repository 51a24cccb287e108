// What a hundred players cost the relay: `node control-plane/bench/relay.ts [seconds]`. The relay is a process of its own, whose CPU
// time is measured; players and instance are this one. Each player says 60 bytes and hears 1000, 30 times a second, as a
// busy instance has it (docs/benchmarks.md).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { cpus } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { relayTicket } from '../src/relay/ticket.ts';
import { RELAY_KEY } from '../test/relay-process.ts';

const PLAYERS = 100;
const HZ = 30;
const [UP, DOWN] = [Buffer.alloc(60), Buffer.alloc(1000)];
const seconds = Number(process.argv[2] ?? 10);

const instance = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
const peers = new Map<number, RemoteInfo>();
let heardByInstance = 0;
instance.on('message', (_, from) => {
  heardByInstance++;
  peers.set(from.port, from);
});
instance.bind(0, '127.0.0.1');
await once(instance, 'listening');

const relay = spawn(process.execPath, [path.join(import.meta.dirname, '../test/relay-process.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface(relay.stdout)[Symbol.asyncIterator]();
const read = async () => JSON.parse((await lines.next()).value ?? 'null');
const { port } = await read();
const ask = () => {
  relay.stdin.write('\n');
  return read();
};

let heardByPlayers = 0;
const players = await Promise.all(
  Array.from({ length: PLAYERS }, async (_, k) => {
    const claim = {
      instance: 'bench',
      address: '127.0.0.1',
      port: instance.address().port,
      seat: BigInt(k),
      account: `${k}`,
    };
    const ticket = relayTicket(RELAY_KEY, claim, Date.now() + 60_000);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/relay?ticket=${ticket}`);
    socket.on('message', () => heardByPlayers++);
    await once(socket, 'open');
    return socket;
  }),
);

/** Each player at a moment of its own within the tick, and the instance all at once, as they do. */
const beats: NodeJS.Timeout[] = [];
for (const [k, player] of players.entries())
  setTimeout(() => beats.push(setInterval(() => player.send(UP), 1000 / HZ)), (k * 1000) / HZ / PLAYERS);
await sleep(1_000);
beats.push(
  setInterval(() => {
    for (const { port: to } of peers.values()) instance.send(DOWN, to, '127.0.0.1');
  }, 1000 / HZ),
);
await sleep(2_000); // the compiler has seen all of it

const [from, started] = [await ask(), performance.now()];
const [players0, instance0] = [heardByPlayers, heardByInstance];
await sleep(seconds * 1000);
const [to, took] = [await ask(), (performance.now() - started) / 1000];
const [down, up] = [(heardByPlayers - players0) / took, (heardByInstance - instance0) / took];
for (const beat of beats) clearInterval(beat);

assert.equal(to.open, PLAYERS);
assert.ok(up > 0.8 * PLAYERS * HZ && down > 0.8 * PLAYERS * HZ, `only ${up} packets/s up and ${down} down`);
const cpuMs = (to.cpu.user + to.cpu.system - from.cpu.user - from.cpu.system) / 1000;
process.stdout.write(
  [
    `relay of ${PLAYERS} players at ${HZ} Hz, ${UP.length} bytes up, ${DOWN.length} down, over ${took.toFixed(1)} s`,
    `CPU ${((100 * cpuMs) / 1000 / took).toFixed(1)} % of one core (${((1000 * cpuMs) / (up + down) / took).toFixed(1)} µs a packet)`,
    `packets/s: ${up.toFixed(0)} up, ${down.toFixed(0)} down; dropped ${to.counts.droppedUp}, replaced ${to.counts.replacedDown}`,
    `memory of the process: ${(to.memory.rss / 1e6).toFixed(0)} MB`,
    `${cpus()[0]?.model}, Node ${process.version}, loopback`,
    '',
  ].join('\n'),
);
for (const player of players) player.terminate();
instance.close();
relay.stdin.end();
await once(relay, 'exit');
