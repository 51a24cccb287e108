// The relay's limits, in one place.
import type { Bucket } from '../gateway/rules.ts';

/** netcode's largest packet: its type, the longest sequence number, 1200 bytes and the tag (netcode/pipes/src/netcode/packet.rs). */
export const MAX_PACKET_BYTES = 1225;

export interface RelayRules {
  /** Of this process; each has a UDP socket. */
  readonly relays: number;
  /** A player who travels has the old one for a moment beside the new one. */
  readonly perAccount: number;
  /** From the player, in packets and in bytes. What is over it is dropped, as a full link would. */
  readonly packets: Bucket;
  readonly bytes: Bucket;
  /** Unsent bytes to the player from which on only the newest packet waits: more would be old when it arrives. */
  readonly unsentBytes: number;
  /** (unit of all that end so: milliseconds) */
  readonly stalledMs: number;
  /** Without a packet of the player, or of the instance; netcode itself gives up after 15 s. */
  readonly silentMs: number;
  /** A closed socket that does not go is cut off. */
  readonly closeMs: number;
  readonly sweepMs: number;
}

export const RELAY_RULES: RelayRules = {
  relays: 2_000,
  perAccount: 2,
  // Twice what a client at 60 Hz says, and a second of it at once after TCP has stood still.
  packets: { rate: 120, burst: 120 },
  bytes: { rate: 48 * 1024, burst: 64 * 1024 },
  unsentBytes: 4 * 1024,
  stalledMs: 10_000,
  silentMs: 20_000,
  closeMs: 2_000,
  sweepMs: 1_000,
};

/** Close codes, as the gateway's where they mean the same; HTTP's number is in each. */
export const CLOSE = {
  restart: 1012,
  fault: 4400,
  silent: 4408,
  replaced: 4409,
  gone: 4410,
  slowReader: 4413,
} as const;

export type CloseCause = keyof typeof CLOSE;
