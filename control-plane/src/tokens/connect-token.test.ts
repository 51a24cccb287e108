// The golden tokens that the Rust side reads too.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sealConnectToken, type TokenInput } from './connect-token.ts';

interface Vector {
  name: string;
  addresses: string[];
  clientId: string;
  clientToServerKey: string;
  created: string;
  expires: string;
  key: string;
  nonce: string;
  protocolId: string;
  serverToClientKey: string;
  timeoutSeconds: number;
  token: string;
  userData: string;
}

const SPEC = join(import.meta.dirname, '../../../netcode/spec/vectors/connect-token.json');
const { vectors } = JSON.parse(readFileSync(SPEC, 'utf8')) as { vectors: Vector[] };

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

function address(text: string) {
  const { hostname, port } = new URL(`http://${text}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) };
}

function input(vector: Vector): TokenInput {
  return {
    key: bytes(vector.key),
    nonce: bytes(vector.nonce),
    protocolId: BigInt(vector.protocolId),
    clientId: BigInt(vector.clientId),
    created: BigInt(vector.created),
    expires: BigInt(vector.expires),
    timeoutSeconds: vector.timeoutSeconds,
    addresses: vector.addresses.map(address),
    clientToServerKey: bytes(vector.clientToServerKey),
    serverToClientKey: bytes(vector.serverToClientKey),
    userData: bytes(vector.userData),
  };
}

test('there are vectors of both address families', () => {
  const families = vectors.flatMap(({ addresses }) => addresses.map((text) => text.startsWith('[')));
  expect(new Set(families)).toEqual(new Set([true, false]));
});

test.each(vectors)('$name', (vector) => {
  expect(Buffer.from(sealConnectToken(input(vector))).toString('hex')).toBe(vector.token);
});

test('a token with no address, or too many, is our own mistake', () => {
  const [vector] = vectors as [Vector];
  const [first] = input(vector).addresses as [TokenInput['addresses'][number]];
  expect(() => sealConnectToken({ ...input(vector), addresses: [] })).toThrow(RangeError);
  expect(() => sealConnectToken({ ...input(vector), addresses: Array(33).fill(first) })).toThrow(RangeError);
});
