import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeUserData, type UserData } from './user-data.ts';

const ADA: UserData = {
  role: 'operator',
  user: '00010203-0405-0607-0809-0a0b0c0d0e0f',
  protocolHash: 0x0102_0304_0506_0708n,
  seat: 0xfedc_ba98_7654_3210n,
  avatar: new Uint8Array(32).fill(9),
  name: 'Ada Lovelace 🦉',
};

test('each field lies where the layout says', () => {
  const bytes = Buffer.from(encodeUserData(ADA));
  expect(bytes).toHaveLength(256);
  expect([...bytes.subarray(0, 4)]).toEqual([1, 2, 0, 0]);
  expect(bytes.toString('hex', 4, 20)).toBe('000102030405060708090a0b0c0d0e0f');
  expect(bytes.readBigUInt64LE(20)).toBe(ADA.protocolHash);
  expect(bytes.readBigUInt64LE(28)).toBe(ADA.seat);
  expect(bytes.subarray(36, 68)).toEqual(Buffer.alloc(32, 9));
  const length = bytes[68] as number;
  expect(bytes.toString('utf8', 69, 69 + length)).toBe(ADA.name);
  expect(bytes.subarray(69 + length)).toEqual(Buffer.alloc(256 - 69 - length));
});

test('the default avatar is zero, and a name is at most 64 bytes', () => {
  const bytes = Buffer.from(encodeUserData({ ...ADA, avatar: undefined, name: 'x'.repeat(64) }));
  expect(bytes.subarray(36, 68)).toEqual(Buffer.alloc(32));
  expect(() => encodeUserData({ ...ADA, name: 'ü'.repeat(33) })).toThrow(RangeError);
});

interface Case {
  avatarSha256: string;
  hex: string;
  name: string;
  protocolHash: string;
  role: number;
  seat: string;
  user: string;
}

const SPEC = join(import.meta.dirname, '../../../netcode/spec/vectors/user-data.json');
const { cases } = JSON.parse(readFileSync(SPEC, 'utf8')) as { cases: Case[] };

test.each(cases)(
  'the golden bytes of $name, role $role',
  ({ hex, role, protocolHash, seat, avatarSha256, ...rest }) => {
    const written = encodeUserData({
      ...rest,
      role: (['player', 'spectator', 'operator'] as const)[role] as UserData['role'],
      protocolHash: BigInt(protocolHash),
      seat: BigInt(seat),
      avatar: Buffer.from(avatarSha256, 'hex'),
    });
    expect(Buffer.from(written).toString('hex')).toBe(hex);
  },
);
