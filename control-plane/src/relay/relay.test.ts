// The relay between real WebSockets and real UDP sockets: what passes, what is refused, and what it does to itself under load.
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { RELAY_KEY, relayServer } from '../../test/relay-process.ts';
import { until } from '../../test/until.ts';
import { metrics } from '../metrics.ts';
import { measureRelays } from './metrics.ts';
import { MAX_PACKET_BYTES, type RelayRules } from './rules.ts';
import { type RelayClaim, relayTicket } from './ticket.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** An instance, as far as the relay knows one. */
async function instance({ port = 0 } = {}) {
  const socket: UdpSocket = createSocket('udp4');
  const packets: Buffer[] = [];
  let peer: RemoteInfo | undefined;
  socket.on('message', (packet, from) => {
    packets.push(packet);
    peer = from;
  });
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  let open = true;
  const close = () => {
    if (open) socket.close();
    open = false;
  };
  closers.push(close);
  return {
    port: socket.address().port,
    packets,
    close,
    /** Where the last packet came from. */
    peer: () => until(() => peer),
    say: (packet: Buffer | string) => socket.send(packet, (peer as RemoteInfo).port, '127.0.0.1'),
  };
}

const claimFor = (port: number, changes: Partial<RelayClaim> = {}): RelayClaim => ({
  instance: 'plaza-1',
  address: '127.0.0.1',
  port,
  seat: 1n,
  account: 'ada',
  ...changes,
});

async function rig(rules: Partial<RelayRules> = {}) {
  const relay = await relayServer(rules);
  closers.push(relay.close);
  const url = (ticket: string) => `ws://127.0.0.1:${relay.port}/api/v1/relay?ticket=${ticket}`;
  const dial = (claim: RelayClaim, key = RELAY_KEY) =>
    player(url(relayTicket(key, claim, Date.now() + 60_000)));
  return { ...relay, url, dial };
}

function player(url: string) {
  const socket = new WebSocket(url);
  const packets: string[] = [];
  socket.on('message', (data) => packets.push(String(data)));
  socket.on('error', () => {});
  closers.push(() => socket.terminate());
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  const opened = once(socket, 'open');
  opened.catch(() => {}); // a test that wants it refused does not wait for it
  return { socket, packets, closed, opened };
}

/** A player through to an instance, and the instance knows where from. */
async function through(rules: Partial<RelayRules> = {}) {
  const [server, far] = [await rig(rules), await instance()];
  const near = server.dial(claimFor(far.port));
  await near.opened;
  near.socket.send(Buffer.from('first'));
  await far.peer();
  return { ...server, far, near };
}

test('packets pass both ways as they are, each to the instance of its ticket and to no other', async () => {
  const { dial, relays } = await rig();
  const [one, two] = [await instance(), await instance()];
  const [ada, bob] = [dial(claimFor(one.port)), dial(claimFor(two.port, { account: 'bob' }))];
  // At once after the upgrade, before the relay can have a socket to the instance.
  ada.socket.once('open', () => ada.socket.send(Buffer.from('from ada')));
  bob.socket.once('open', () => bob.socket.send(Buffer.alloc(MAX_PACKET_BYTES, 'b')));
  await Promise.all([one.peer(), two.peer()]);
  one.say('to ada');
  two.say(Buffer.alloc(MAX_PACKET_BYTES, 'B'));
  await until(() => ada.packets.length > 0 && bob.packets.length > 0);
  expect(one.packets.map(String)).toEqual(['from ada']);
  expect(two.packets.map(String)).toEqual(['b'.repeat(MAX_PACKET_BYTES)]);
  expect(ada.packets).toEqual(['to ada']);
  expect(bob.packets).toEqual(['B'.repeat(MAX_PACKET_BYTES)]);
  expect(relays.counts).toMatchObject({
    packetsUp: 2,
    bytesUp: 8 + MAX_PACKET_BYTES,
    packetsDown: 2,
    bytesDown: 6 + MAX_PACKET_BYTES,
  });
});

test('nobody but the instance reaches a player, who knows where the relay sends from or not', async () => {
  const { far, near } = await through();
  const { port } = await far.peer();
  const stranger = createSocket('udp4');
  closers.push(() => stranger.close());
  for (let k = 0; k < 20; k++) stranger.send('from a stranger', port, '127.0.0.1');
  await sleep(100);
  far.say('from the instance');
  await until(() => near.packets.length > 0);
  expect(near.packets).toEqual(['from the instance']);
});

test('a ticket that is forged, over, of elsewhere or missing is refused as HTTP, before the upgrade', async () => {
  const { dial, url, port, relays } = await rig();
  const far = await instance();
  const refusal = async (address: string) => {
    const socket = new WebSocket(address);
    closers.push(() => socket.terminate());
    socket.on('error', () => {});
    const [, response] = await once(socket, 'unexpected-response');
    let body = '';
    for await (const part of response) body += part;
    return { status: response.statusCode, code: JSON.parse(body).code };
  };
  const good = relayTicket(RELAY_KEY, claimFor(far.port), Date.now() + 60_000);
  const bad = { status: 401, code: 'OW_ERR_RELAY_TICKET' };
  expect(await refusal(url(`A${good}`))).toEqual(bad);
  expect(await refusal(url(relayTicket(RELAY_KEY, claimFor(far.port), Date.now() - 1)))).toEqual(bad);
  expect(
    await refusal(url(relayTicket(new Uint8Array(32), claimFor(far.port), Date.now() + 60_000))),
  ).toEqual(bad);
  expect(await refusal(`ws://127.0.0.1:${port}/api/v1/relay`)).toMatchObject({ status: 400 });
  const plain = await fetch(url(good).replace('ws:', 'http:'));
  expect({ status: plain.status, code: ((await plain.json()) as { code: string }).code }).toEqual({
    status: 426,
    code: 'OW_ERR_UPGRADE',
  });
  expect(relays.counts.refused).toEqual({ ticket: 3, full: 0 });
  await dial(claimFor(far.port)).opened;
  expect(relays.open).toBe(1);
});

test.for([
  ['text', 'hello', 4400],
  ['more than a packet', Buffer.alloc(MAX_PACKET_BYTES + 1), 4400],
  ['nothing', Buffer.alloc(0), 4400],
  ['more than any message here', Buffer.alloc(20_000), 1009],
] as const)(
  '%s costs the player the relay, and nothing of it reaches the instance',
  async ([, message, code]) => {
    const { near, far, relays } = await through();
    near.socket.send(message);
    expect((await near.closed).code).toBe(code);
    await until(() => relays.open === 0);
    expect(far.packets.map(String)).toEqual(['first']);
  },
);

test('who sends too much loses what is over it, and stays', async () => {
  const { near, far, relays } = await through({
    packets: { rate: 1, burst: 50 },
    bytes: { rate: 1, burst: 1e6 },
  });
  for (let k = 0; k < 500; k++) near.socket.send(Buffer.from(`${k}`));
  await until(() => relays.counts.packetsUp + relays.counts.droppedUp === 501);
  expect(relays.counts.packetsUp).toBeLessThan(60);
  far.say('still here');
  await until(() => near.packets.length > 0);
});

test('who sends too many bytes loses what is over it', async () => {
  const { near, relays } = await through({
    packets: { rate: 1e6, burst: 1e6 },
    bytes: { rate: 1, burst: 10_000 },
  });
  for (let k = 0; k < 100; k++) near.socket.send(Buffer.alloc(1_000));
  await until(() => relays.counts.packetsUp + relays.counts.droppedUp === 101);
  expect(relays.counts.bytesUp).toBeLessThanOrEqual(10_000);
  expect(near.socket.readyState).toBe(WebSocket.OPEN);
});

test('to a player who does not read the newest packet waits, and only it', async () => {
  const { near, far, relays } = await through({ stalledMs: 60_000 });
  near.socket.pause();
  const many = 20_000; // 24 MB, more than the kernel's buffers hold
  for (let k = 0; k < many; k++) {
    far.say(Buffer.from(`${k}`.padEnd(1_200)));
    if (k % 20 === 0) await sleep(1);
    if (relays.counts.replacedDown > 500) break;
  }
  await until(() => relays.counts.replacedDown > 500);
  const { packetsDown } = relays.counts;
  far.say('the last');
  await sleep(50);
  expect(relays.counts.packetsDown).toBe(packetsDown); // it waits, as one
  near.socket.resume();
  await until(() => near.packets.at(-1) === 'the last');
  expect(near.packets).toHaveLength(packetsDown + 1);
});

test('who never reads is let go', async () => {
  const { near, far, relays } = await through({ stalledMs: 200, sweepMs: 50, closeMs: 100 });
  near.socket.pause();
  const flood = setInterval(() => {
    for (let k = 0; k < 50; k++) far.say(Buffer.alloc(1_200));
  }, 2);
  closers.push(() => clearInterval(flood));
  await until(() => relays.counts.closed.slowReader === 1, 20_000);
  expect(relays.open).toBe(0);
});

test('an instance that is gone ends the relay, with the reason', async () => {
  const { near, far } = await through();
  far.close();
  await sleep(50);
  near.socket.send(Buffer.from('anybody?'));
  expect(await near.closed).toEqual({ code: 4410, reason: 'the instance is gone' });
});

test('one at an address that the machine refuses, too', async () => {
  const { dial, relays } = await rig();
  const near = dial(claimFor(9, { address: '255.255.255.255' }));
  expect(await near.closed).toEqual({ code: 4410, reason: 'the instance cannot be reached' });
  expect(relays.open).toBe(0);
});

test('one that does not answer, too', async () => {
  const { near } = await through({ silentMs: 300, sweepMs: 50 });
  const beat = setInterval(() => near.socket.send(Buffer.from('anybody?')), 50);
  closers.push(() => clearInterval(beat));
  expect(await near.closed).toEqual({ code: 4410, reason: 'the instance does not answer' });
});

test('a player who says nothing is let go', async () => {
  const { near, far } = await through({ silentMs: 300, sweepMs: 50 });
  const beat = setInterval(() => far.say('anybody?'), 50);
  closers.push(() => clearInterval(beat));
  expect(await near.closed).toEqual({ code: 4408, reason: 'nothing was heard of you' });
});

test('a newer relay of a seat replaces the older one; a seat elsewhere may be beside it, a third may not', async () => {
  const { dial, relays } = await rig();
  const far = await instance();
  const seat = (seat: bigint, account = 'ada') => dial(claimFor(far.port, { seat, account }));
  const bob = seat(9n, 'bob');
  await bob.opened;
  const first = seat(1n);
  await first.opened;
  const again = seat(1n);
  expect((await first.closed).code).toBe(4409);
  const second = seat(2n);
  await second.opened;
  expect(again.socket.readyState).toBe(WebSocket.OPEN);
  const third = seat(3n);
  expect((await again.closed).code).toBe(4409);
  await third.opened;
  expect(second.socket.readyState).toBe(WebSocket.OPEN);
  expect(bob.socket.readyState).toBe(WebSocket.OPEN);
  await until(() => relays.open === 3);
});

test('a process that has enough sends the next one elsewhere', async () => {
  const { dial, relays } = await rig({ relays: 1 });
  const far = await instance();
  await dial(claimFor(far.port)).opened;
  const second = dial(claimFor(far.port, { account: 'bob' }));
  const [, response] = await once(second.socket, 'unexpected-response');
  expect(response.statusCode).toBe(503);
  expect(relays.counts.refused.full).toBe(1);
});

test('a process that stops says so to everybody and lets nobody in', async () => {
  const { near, relays, url } = await through();
  relays.close();
  expect(await near.closed).toEqual({ code: 1012, reason: 'this process is stopping' });
  const late = new WebSocket(url(relayTicket(RELAY_KEY, claimFor(1), Date.now() + 60_000)));
  late.on('error', () => {});
  const [, response] = await once(late, 'unexpected-response');
  expect(response.statusCode).toBe(503);
});

test('Prometheus reads what was counted, however often it asks', async () => {
  const { near, relays } = await through();
  near.socket.send('text');
  await near.closed;
  measureRelays(relays);
  for (let scrape = 0; scrape < 2; scrape++) {
    const text = await metrics.metrics();
    expect(text).toContain('otherworld_relay_packets_total{direction="up"} 1\n');
    expect(text).toContain('otherworld_relay_bytes_total{direction="up"} 5\n');
    expect(text).toContain('otherworld_relay_closed_total{cause="fault"} 1\n');
    expect(text).toContain('otherworld_relays 0\n');
  }
});
