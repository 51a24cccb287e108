// From the HTTP request to the token, through a whole control plane, a real supervisor and real gRPC.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { afterEach, expect, test, vi } from 'vitest';
import { controlPlaneFixture, type Fixture } from '../../test/control-plane-fixture.ts';
import { FakeInstance, PROTOCOL_HASH } from '../../test/fake-instance.ts';
import { until } from '../../test/until.ts';
import { instanceKey } from '../instances/keys.ts';
import { PLAZA_ID } from '../worlds/seed.ts';

vi.setConfig({ testTimeout: 60_000 });

let fixture: Fixture;
afterEach(() => fixture.close());

const stateOf = async (name: string) => (await fixture.instances()).find((one) => one.name === name);

test('a guest gets a seat that the instance has confirmed and a token that only its key opens', async () => {
  fixture = await controlPlaneFixture();
  const [instance] = (await fixture.populate()) as [FakeInstance];
  const { key } = await instance.registered();
  const { status, body } = await fixture.join('Ada Lovelace');
  expect(status).toBe(200);
  const { world, capacity, tickRateHz } = await instance.assignment();
  expect({ capacity, tickRateHz }).toEqual({ capacity: 3, tickRateHz: 30 });
  const { name, uid } = (await fixture.instances())[0] as { name: string; uid: string };
  expect(body).toMatchObject({
    instance: name,
    world: { id: PLAZA_ID, sha256: world?.sha256 },
    protocolHash: String(PROTOCOL_HASH),
  });
  const offered = instance.of('offerSeat')[0]?.value;
  expect(offered).toMatchObject({
    seat: { id: BigInt(body.seat), user: body.user, name: 'Ada Lovelace' },
    expiresMs: 30_000,
  });
  expect(key).toEqual(instanceKey(readFileSync(join(fixture.data, 'secrets/master.key')), uid));

  const token = Buffer.from(body.pipes[0].token, 'base64');
  expect(token).toHaveLength(2048);
  const associated = Buffer.concat([token.subarray(0, 21), token.subarray(29, 37)]);
  const [nonce, sealed] = [token.subarray(37, 61), token.subarray(61, 1085)];
  const plain = Buffer.from(xchacha20poly1305(key, nonce, associated).decrypt(sealed));
  expect(plain.readBigUInt64LE(0)).toBe(BigInt(body.seat));
  expect(token.readBigUInt64LE(13)).toBe(PROTOCOL_HASH);
  expect(token.readBigUInt64LE(29) - token.readBigUInt64LE(21)).toBe(30n);
  expect((await stateOf(name))?.state).toBe('Allocated');
});

test('a running instance is filled before another is opened, and a full fleet is waited for', async () => {
  fixture = await controlPlaneFixture({ replicas: 2 });
  await fixture.populate();
  const hosts: string[] = [];
  for (let guest = 0; guest < 6; guest += 1) hosts.push((await fixture.join()).body.instance);
  expect(new Set(hosts.slice(0, 3)).size).toBe(1);
  expect(new Set(hosts.slice(3)).size).toBe(1);
  expect(hosts[3]).not.toBe(hosts[0]);
  expect((await fixture.join('Ada', 'plaza', 1)).body.state).toBe('waiting');
});

test('60 callers at once for 6 seats: 6 get one, none twice', async () => {
  fixture = await controlPlaneFixture({ replicas: 2 });
  await fixture.populate();
  const answers = await Promise.all(Array.from({ length: 60 }, () => fixture.join()));
  const seated = answers.filter(({ status }) => status === 200);
  expect(seated).toHaveLength(6);
  expect(new Set(seated.map(({ body }) => body.seat)).size).toBe(6);
  expect(answers.every(({ status }) => status === 200 || status === 202)).toBe(true);
});

test('an instance that refuses is passed over', async () => {
  fixture = await controlPlaneFixture({ replicas: 2 });
  let first: string | undefined;
  const [one, two] = await fixture.populate({
    answer: () => {
      const refuses = first === undefined;
      first ??= 'refused';
      return refuses ? 'full' : 'accept';
    },
  });
  expect((await fixture.join()).status).toBe(200);
  expect([one, two].map((instance) => instance?.of('offerSeat').length)).toEqual([1, 1]);
});

test('one that keeps silent costs its seat nothing and its guest waits on', async () => {
  fixture = await controlPlaneFixture({ tuning: { offers: { answerMs: 300, keepMs: 30_000 } } });
  const [instance] = (await fixture.populate({ answer: () => undefined })) as [FakeInstance];
  expect((await fixture.join('Ada', 'plaza', 1)).body.state).toBe('waiting');
  const revoked = await until(() => instance.of('revokeSeat')[0]);
  expect(revoked.value.id).toBe(instance.of('offerSeat')[0]?.value.seat?.id);
  await until(async () => (await fixture.instances())[0]?.seats.length === 0);
});

test('one that hangs up in the middle of an offer is no longer waited for', async () => {
  fixture = await controlPlaneFixture({ tuning: { offers: { answerMs: 20_000, keepMs: 30_000 } } });
  let fake: FakeInstance | undefined;
  [fake] = await fixture.populate({
    answer: () => {
      fake?.hangUp();
      return undefined;
    },
  });
  expect((await fixture.join()).body.state).toBe('waiting');
  await until(async () => (await fixture.instances()).every(({ seats }) => seats.length === 0));
});

test('a seat is free again when its player has left or never came', async () => {
  fixture = await controlPlaneFixture();
  const [instance] = (await fixture.populate()) as [FakeInstance];
  const seats: string[] = [];
  for (let guest = 0; guest < 3; guest += 1) seats.push((await fixture.join()).body.seat);
  expect((await fixture.join('Bo', 'plaza', 1)).status).toBe(202);
  instance.say({ case: 'playerJoined', value: { seat: BigInt(seats[0] as string) } });
  await until(async () => (await fixture.instances())[0]?.players === 1);
  instance.say({ case: 'playerLeft', value: { seat: BigInt(seats[0] as string), cause: 'left' } });
  instance.say({ case: 'playerLeft', value: { seat: BigInt(seats[1] as string), cause: 'expired' } });
  await until(async () => (await fixture.instances())[0]?.seats.length === 1);
  expect((await fixture.join()).status).toBe(200);
});

test('after a restart of the control plane the instance tells who is inside, and has the key it had', async () => {
  fixture = await controlPlaneFixture();
  const [before] = (await fixture.populate()) as [FakeInstance];
  const { key } = await before.registered();
  const guests = [(await fixture.join('Ada')).body, (await fixture.join('Bo')).body];
  const assigned = await before.assignment();
  const { name, uid } = (await fixture.instances())[0] as { name: string; uid: string };
  await fixture.restart();
  await before.ended;

  const seats = guests.map(({ seat, user }, at) => ({
    id: BigInt(seat),
    user,
    name: 'x',
    connected: at === 0,
  }));
  const credential = fixture.credential(name);
  const again = fixture.track(
    new FakeInstance({
      name,
      uid,
      controlUrl: fixture.controlUrl,
      credential,
      seats,
      assigned,
    }),
  );
  expect((await again.registered()).key).toEqual(key);
  const view = await until(async () => (await fixture.instances()).find(({ link }) => link === 'listening'));
  expect(view.players).toBe(1);
  expect(view.seats.map(({ id, state }) => [id, state])).toEqual([
    [guests[0].seat, 'connected'],
    [guests[1].seat, 'held'],
  ]);
  // Capacity 3: there is one left, not three.
  expect((await fixture.join()).status).toBe(200);
  expect((await fixture.join('Bo', 'plaza', 1)).status).toBe(202);
});
