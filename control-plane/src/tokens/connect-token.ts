// Connect tokens of netcode 1.02 (https://github.com/mas-bandwidth/netcode/blob/main/STANDARD.md), sealed here and
// opened by an instance: the private part (who, where to, session keys, user data) encrypted for the instance, and
// around it what the client itself must know. The golden tokens in netcode/spec/vectors/ are read by the Rust
// side's tests too.
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ByteWriter } from './bytes.ts';

const VERSION = new TextEncoder().encode('NETCODE 1.02\0');
const PRIVATE_BYTES = 1024;
const PUBLIC_BYTES = 2048;
const MAC_BYTES = 16;
const MAX_ADDRESSES = 32;

export interface TokenInput {
  /** The instance's key, 32 bytes. */
  readonly key: Uint8Array;
  /** 24 bytes, never used twice with a key. */
  readonly nonce: Uint8Array;
  readonly protocolId: bigint;
  readonly clientId: bigint;
  /** Unix time (unit: seconds). */
  readonly created: bigint;
  readonly expires: bigint;
  /** Silence after which either side takes the other for gone (unit: seconds). */
  readonly timeoutSeconds: number;
  readonly addresses: readonly Address[];
  readonly clientToServerKey: Uint8Array;
  readonly serverToClientKey: Uint8Array;
  /** 256 bytes. */
  readonly userData: Uint8Array;
}

export interface Address {
  /** An IP literal. */
  readonly host: string;
  readonly port: number;
}

/** The public connect token, 2048 bytes. */
export function sealConnectToken(input: TokenInput): Uint8Array {
  return publicPart(input, encrypt(input, privatePart(input)));
}

function privatePart(input: TokenInput): Uint8Array {
  const writer = new ByteWriter(PRIVATE_BYTES - MAC_BYTES).u64(input.clientId).u32(input.timeoutSeconds);
  writeAddresses(writer, input.addresses);
  return writer.put(input.clientToServerKey).put(input.serverToClientKey).put(input.userData).bytes;
}

function encrypt({ key, nonce, protocolId, expires }: TokenInput, plain: Uint8Array): Uint8Array {
  const associated = new ByteWriter(VERSION.length + 16).put(VERSION).u64(protocolId).u64(expires).bytes;
  return xchacha20poly1305(key, nonce, associated).encrypt(plain);
}

function publicPart(input: TokenInput, sealed: Uint8Array): Uint8Array {
  const writer = new ByteWriter(PUBLIC_BYTES)
    .put(VERSION)
    .u64(input.protocolId)
    .u64(input.created)
    .u64(input.expires)
    .put(input.nonce)
    .put(sealed)
    .u32(input.timeoutSeconds);
  writeAddresses(writer, input.addresses);
  return writer.put(input.clientToServerKey).put(input.serverToClientKey).bytes;
}

function writeAddresses(writer: ByteWriter, addresses: readonly Address[]): void {
  if (addresses.length === 0 || addresses.length > MAX_ADDRESSES) {
    throw new RangeError(`a connect token holds 1 to ${MAX_ADDRESSES} addresses, not ${addresses.length}`);
  }
  writer.u32(addresses.length);
  for (const { host, port } of addresses) {
    if (host.includes(':')) {
      writer.u8(2);
      for (const group of ipv6Groups(host)) writer.u16(group);
    } else {
      writer.u8(1);
      for (const byte of host.split('.')) writer.u8(Number(byte));
    }
    writer.u16(port);
  }
}

/** The eight groups; `new URL` knows every way to write an address and gives back one. */
function ipv6Groups(host: string): number[] {
  const canonical = new URL(`http://[${host}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const groups = (part: string | undefined) =>
    part ? part.split(':').map((group) => Number.parseInt(group, 16)) : [];
  const [first, last] = [groups(head), groups(tail)];
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
}
