// §1: the 256 bytes of user data in a connect token.
import { BitReader, Malformed } from './bits.ts';

const NAME_BYTES = 64;

export interface UserData {
  role: number;
  resumed: boolean;
  /** A UUID. */
  user: string;
  protocolHash: bigint;
  seat: bigint;
  avatarSha256: Uint8Array;
  name: string;
}

export function readUserData(bytes: Uint8Array): UserData {
  if (bytes.length !== 256) throw new Malformed(`user data have 256 bytes, these are ${bytes.length}`);
  const input = new BitReader(bytes);
  const version = input.read(8, 'version');
  if (version !== 1) throw new Malformed(`user data of version ${version}`);
  const role = oneOf(input, 'role', [0, 1, 2]);
  const resumed = oneOf(input, 'sealed by', [0, 1]) === 1;
  oneOf(input, 'byte 3', [0]);
  const user = Buffer.from(input.bytes(16, 'user')).toString('hex');
  const ids = { protocolHash: input.big(64, 'protocol hash'), seat: input.big(64, 'seat') };
  if (ids.seat === 0n) throw new Malformed('seat 0 is nobody’s');
  const avatarSha256 = input.bytes(32, 'avatar');
  const name = input.text(NAME_BYTES, 'name');
  while (input.left > 0) oneOf(input, 'a byte after the name', [0]);
  return {
    role,
    resumed,
    user: user.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    ...ids,
    avatarSha256,
    name,
  };
}

function oneOf(input: BitReader, field: string, allowed: number[]): number {
  const value = input.read(8, field);
  if (!allowed.includes(value)) throw new Malformed(`${field} is ${value}`);
  return value;
}
