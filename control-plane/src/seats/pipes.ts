// The ways to a seat: each of the instance's own pipes, and the relay to its UDP pipe for players whose network lets no UDP
// through. The relay's token is another one for the same seat, because netcode binds a token to the first address that
// brings it; the instance keeps whichever comes last.
import type { Endpoint } from '../instances/instance.ts';
import { instanceKey } from '../instances/keys.ts';
import { relayTicket } from '../relay/ticket.ts';
import { sealTokens } from './seal.ts';

export interface Pipe {
  readonly pipe: string;
  /** netcode's public connect token in base64. */
  readonly token: string;
  /** Of the relay alone: where, and what to show there. */
  readonly url?: string;
  readonly ticket?: string;
}

export interface PipesOptions {
  readonly masterKey: Uint8Array;
  /** Without it there is no relay. */
  readonly relayUrl: string | undefined;
  readonly validMs: number;
}

export function pipesOf(
  entry: { name: string; uid: string; endpoints: readonly Endpoint[]; protocolHash: bigint },
  seat: bigint,
  holder: { user: string; name: string; role: 'player' | 'operator' },
  { masterKey, relayUrl, validMs }: PipesOptions,
): Pipe[] {
  const key = instanceKey(masterKey, entry.uid);
  const own = sealTokens(entry, key, seat, holder, validMs);
  const udp = entry.endpoints.find(({ pipe }) => pipe === 'udp');
  if (relayUrl === undefined || udp === undefined) return own;
  const { address, port } = udp;
  const claim = { instance: entry.name, address, port, seat, account: holder.user };
  const ticket = relayTicket(masterKey, claim, Date.now() + validMs);
  const relayed = sealTokens({ ...entry, endpoints: [udp] }, key, seat, holder, validMs);
  return [...own, ...relayed.map(({ token }) => ({ pipe: 'relay', token, url: relayUrl, ticket }))];
}
