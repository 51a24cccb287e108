import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { BodyPoseSchema, PlayerPoseSchema } from '../../../proto/gen/otherworld/instance/v1/instance_pb.js';
import { TelemetryHub } from './telemetry.ts';

const body = (entity: number, x: number) => create(BodyPoseSchema, { entity, x });
const player = (x: number) => create(PlayerPoseSchema, { seat: 1n, x });

test('a viewer who reads slowly gets one merged picture: newest players, last pose of each body', () => {
  const hub = new TelemetryHub();
  let woken = 0;
  const viewer = hub.open(() => {
    woken += 1;
  });
  hub.publish('a', 1, [player(1)], [body(1, 10), body(2, 20)]);
  hub.publish('a', 2, [player(2)], [body(2, 21)]);
  hub.publish('b', 9, [], []);
  expect(woken).toBe(3);
  const [a, b] = viewer.take();
  expect(a?.[0]).toBe('a');
  expect(a?.[1].tick).toBe(2);
  expect(a?.[1].players.map(({ x }) => x)).toEqual([2]);
  expect([...(a?.[1].bodies.values() ?? [])].map(({ entity, x }) => [entity, x])).toEqual([
    [1, 10],
    [2, 21],
  ]);
  expect(b?.[1].tick).toBe(9);
  expect(viewer.take()).toEqual([]);
});

test('one who comes late starts with every body, also those that rest', () => {
  const hub = new TelemetryHub();
  hub.publish('a', 1, [], [body(1, 10), body(2, 20)]);
  hub.publish('a', 2, [], [body(2, 21)]);
  const [news] = hub.open(() => {}).take();
  expect(news?.[1].bodies.size).toBe(2);
});

test('an instance that is gone is not shown, and a viewer who left is not woken', () => {
  const hub = new TelemetryHub();
  const viewer = hub.open(() => {
    throw new Error('it has left');
  });
  viewer.close();
  hub.publish('a', 1, [], [body(1, 1)]);
  hub.forget('a');
  expect(hub.open(() => {}).take()).toEqual([]);
});
