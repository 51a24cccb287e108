// What a connect token tells the instance about its holder: netcode's 256 bytes of user data. The instance reads
// them with `otherworld-core`'s `seat` module, which holds the layout's other half.
import { ByteWriter } from './bytes.ts';

const BYTES = 256;
const VERSION = 1;
export const MAX_NAME_BYTES = 64;

const ROLES = { player: 0, spectator: 1, operator: 2 } as const;

export interface UserData {
  readonly role: keyof typeof ROLES;
  /** A UUID. */
  readonly user: string;
  readonly protocolHash: bigint;
  readonly seat: bigint;
  /** SHA-256 of the avatar's package; undefined is the default avatar. */
  readonly avatar: Uint8Array | undefined;
  readonly name: string;
}

export function encodeUserData(data: UserData): Uint8Array {
  const name = new TextEncoder().encode(data.name);
  if (name.length > MAX_NAME_BYTES)
    throw new RangeError(`a name takes ${MAX_NAME_BYTES} bytes, not ${name.length}`);
  return new ByteWriter(BYTES)
    .u8(VERSION)
    .u8(ROLES[data.role])
    .skip(2)
    .put(Buffer.from(data.user.replaceAll('-', ''), 'hex'))
    .u64(data.protocolHash)
    .u64(data.seat)
    .put(data.avatar ?? new Uint8Array(32))
    .u8(name.length)
    .put(name).bytes;
}
