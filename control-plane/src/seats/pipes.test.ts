// The ways to a seat, tried at the real relay.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { RELAY_KEY, relayServer } from '../../test/relay-process.ts';
import { pipesOf } from './pipes.ts';

const HOLDER = { user: '00000000-0000-4000-8000-00000000000a', name: 'Ada', role: 'player' } as const;
const entryAt = (port: number) => ({
  name: 'plaza-1',
  uid: 'uid',
  protocolHash: 7n,
  endpoints: [{ pipe: 'udp', address: '127.0.0.1', port, certificateHash: new Uint8Array() }],
});

test('the relay has a token of its own, and a ticket that leads to the same socket', async () => {
  const [instance, relay] = [createSocket('udp4'), await relayServer()];
  instance.bind(0, '127.0.0.1');
  await once(instance, 'listening');
  const relayUrl = `ws://127.0.0.1:${relay.port}/api/v1/relay`;
  const options = { masterKey: RELAY_KEY, relayUrl, validMs: 30_000 };
  const [udp, relayed, ...more] = pipesOf(entryAt(instance.address().port), 1n, HOLDER, options);
  expect(more).toEqual([]);
  expect(udp).toEqual({ pipe: 'udp', token: expect.any(String) });
  expect(relayed).toMatchObject({ pipe: 'relay', url: relayUrl });
  expect(relayed?.token).not.toBe(udp?.token);
  const socket = new WebSocket(`${relayed?.url}?ticket=${relayed?.ticket}`);
  await once(socket, 'open');
  socket.send(Buffer.from('a packet'));
  expect(String((await once(instance, 'message'))[0])).toBe('a packet');
  socket.terminate();
  instance.close();
  await relay.close();
});

test('without a relay there are the pipes of the instance alone', () => {
  const options = { masterKey: RELAY_KEY, relayUrl: undefined, validMs: 30_000 };
  expect(pipesOf(entryAt(7420), 1n, HOLDER, options).map(({ pipe }) => pipe)).toEqual(['udp']);
});
