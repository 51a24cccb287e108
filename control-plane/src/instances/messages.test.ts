import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { HeartbeatSchema } from '../../../proto/gen/otherworld/instance/v1/instance_pb.js';
import { vitals } from './messages.ts';

const beat = (cpuSeconds: number) => create(HeartbeatSchema, { cpuSeconds });

test('cores are processor time over time between two heartbeats', () => {
  const first = vitals(beat(10), undefined, 1_000);
  expect(first.cpuCores).toBeUndefined();
  expect(vitals(beat(10.5), first, 3_000).cpuCores).toBe(0.25);
});

test('a process that started anew, or two heartbeats at once, are no negative or infinite load', () => {
  const first = vitals(beat(10), undefined, 1_000);
  expect(vitals(beat(1), first, 2_000).cpuCores).toBe(0);
  expect(vitals(beat(11), first, 1_000).cpuCores).toBeUndefined();
});
