// The connect tokens for a seat that an instance has confirmed, one for each of its pipes.
import { randomBytes } from 'node:crypto';
import type { Endpoint } from '../instances/instance.ts';
import { sealConnectToken } from '../tokens/connect-token.ts';
import { encodeUserData } from '../tokens/user-data.ts';

/** Silence after which instance and client take each other for gone (unit: seconds). */
const TIMEOUT_SECONDS = 15;

export interface PipeToken {
  readonly pipe: string;
  /** netcode's public connect token in base64. */
  readonly token: string;
}

export function sealTokens(
  { endpoints, protocolHash }: { endpoints: readonly Endpoint[]; protocolHash: bigint },
  key: Uint8Array,
  seat: bigint,
  holder: { user: string; name: string; role: 'player' | 'operator' },
  validMs: number,
): PipeToken[] {
  const created = BigInt(Math.floor(Date.now() / 1000));
  const userData = encodeUserData({
    role: holder.role,
    user: holder.user,
    protocolHash,
    seat,
    avatar: undefined,
    name: holder.name,
  });
  return endpoints.map(({ pipe, address, port }) => {
    const token = sealConnectToken({
      key,
      nonce: randomBytes(24),
      protocolId: protocolHash,
      clientId: seat,
      created,
      expires: created + BigInt(Math.ceil(validMs / 1000)),
      timeoutSeconds: TIMEOUT_SECONDS,
      addresses: [{ host: address, port }],
      clientToServerKey: randomBytes(32),
      serverToClientKey: randomBytes(32),
      userData,
    });
    return { pipe, token: Buffer.from(token).toString('base64') };
  });
}
