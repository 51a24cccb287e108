// What lets somebody use the relay: a short-lived ticket that names one seat at one instance, sealed by a key that only the
// control plane has. Any process of it can open a ticket that another one made, and nothing is stored.
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Where the relay takes packets to, and for whom. */
export interface RelayClaim {
  readonly instance: string;
  /** An IP literal. */
  readonly address: string;
  readonly port: number;
  readonly seat: bigint;
  readonly account: string;
}

const INFO = 'otherworld relay ticket v1';

/** A ticket's only reader is the code that made it; a version that reads otherwise changes INFO. */
const contents = z.tuple([
  z.string(),
  z.string(),
  z.int().min(1).max(65_535),
  z
    .string()
    .regex(/^\d{1,20}$/)
    .transform(BigInt),
  z.string(),
  z.int(),
]);

export function relayTicket(masterKey: Uint8Array, claim: RelayClaim, expiresAtMs: number): string {
  const { instance, address, port, seat, account } = claim;
  const payload = Buffer.from(
    JSON.stringify([instance, address, port, String(seat), account, Math.ceil(expiresAtMs)]),
  ).toString('base64url');
  return `${payload}.${macOf(masterKey, payload).toString('base64url')}`;
}

/** What the ticket names, or nothing when we did not make it or its time is over. */
export function openRelayTicket(
  masterKey: Uint8Array,
  ticket: string,
  nowMs = Date.now(),
): RelayClaim | undefined {
  const [payload = '', mac = ''] = ticket.split('.');
  const [given, right] = [Buffer.from(mac, 'base64url'), macOf(masterKey, payload)];
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  const [instance, address, port, seat, account, expiresAtMs] = contents.parse(
    JSON.parse(Buffer.from(payload, 'base64url').toString()),
  );
  return nowMs < expiresAtMs ? { instance, address, port, seat, account } : undefined;
}

function macOf(masterKey: Uint8Array, payload: string): Buffer {
  const key = new Uint8Array(hkdfSync('sha256', masterKey, '', INFO, 32));
  return createHmac('sha256', key).update(payload).digest();
}
