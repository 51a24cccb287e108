import { expect, test } from 'vitest';
import { type BodyPose, mixBodies, mixPlayers, type PlayerPose, shortestTurn, Track } from './track.ts';

const at = (x: number, yaw = 0): PlayerPose => ({ x, y: 0, z: 0, yaw, grounded: true });

test('between two samples a thing is between the two places', () => {
  const track = new Track(mixPlayers);
  track.push(1000, at(0));
  track.push(1100, at(1));
  expect(track.at(1025)).toMatchObject({ x: 0.25 });
  expect(track.at(1100)).toMatchObject({ x: 1 });
});

test('before the first sample it is at the first place, after the last at the last: nothing is guessed', () => {
  const track = new Track(mixPlayers);
  expect(track.at(0)).toBeNull();
  track.push(1000, at(0));
  track.push(1100, at(1));
  expect(track.at(500)).toMatchObject({ x: 0 });
  expect(track.at(5000)).toMatchObject({ x: 1 });
});

test('what was silent stood still until just before it was heard again', () => {
  const track = new Track(mixPlayers);
  track.push(0, at(0));
  track.push(5000, at(1));
  expect(track.at(2500)).toMatchObject({ x: 0 });
  expect(track.at(4950)).toMatchObject({ x: 0.5 });
});

test('a teleport is shown as a jump', () => {
  const track = new Track(mixPlayers);
  track.push(0, at(0));
  track.push(100, at(20));
  expect(track.at(99)).toMatchObject({ x: 0 });
  expect(track.at(100)).toMatchObject({ x: 20 });
});

test('late and repeated samples are dropped', () => {
  const track = new Track(mixPlayers);
  track.push(200, at(2));
  track.push(100, at(1));
  track.push(200, at(3));
  expect(track.latest()).toMatchObject({ x: 2 });
});

test('a track that is fed for an hour keeps only its newest samples', () => {
  const track = new Track(mixPlayers);
  for (let i = 0; i < 36_000; i++) track.push(i * 100, at(i * 0.01));
  expect(track.at(0)?.x).toBeGreaterThan(355);
});

test('a heading turns the short way round', () => {
  expect(shortestTurn(3, -3)).toBeCloseTo(2 * Math.PI - 6);
  expect(shortestTurn(-3, 3)).toBeCloseTo(6 - 2 * Math.PI);
  const { yaw } = mixPlayers(at(0, 3), at(0, -3), 0.5);
  expect(Math.abs(yaw)).toBeCloseTo(Math.PI);
});

test('a body turns the short way round and stays a rotation', () => {
  const still: BodyPose = { x: 0, y: 0, z: 0, qx: 0, qy: 0, qz: 0, qw: 1 };
  const turned: BodyPose = { ...still, qy: -Math.SQRT1_2, qw: -Math.SQRT1_2 };
  const half = mixBodies(still, turned, 0.5);
  expect(Math.hypot(half.qx, half.qy, half.qz, half.qw)).toBeCloseTo(1);
  expect(half.qy).toBeCloseTo(Math.sin(Math.PI / 8));
  expect(half.qw).toBeCloseTo(Math.cos(Math.PI / 8));
});
