import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { openRelayTicket, type RelayClaim, relayTicket } from './ticket.ts';

const KEY = randomBytes(32);
const CLAIM: RelayClaim = {
  instance: 'plaza-x7k2',
  address: '2001:db8::1',
  port: 7420,
  seat: 2n ** 64n - 1n,
  account: '00000000-0000-4000-8000-00000000000a',
};

test('a ticket names what it was made for, until its time is over', () => {
  const ticket = relayTicket(KEY, CLAIM, 1_000);
  expect(openRelayTicket(KEY, ticket, 999)).toEqual(CLAIM);
  expect(openRelayTicket(KEY, ticket, 1_000)).toBeUndefined();
  expect(ticket).toMatch(/^[\w.-]{100,400}$/); // goes into an address as it is
});

test('a ticket of another installation, a changed one and no ticket at all name nothing', () => {
  const ticket = relayTicket(KEY, CLAIM, 1_000);
  expect(openRelayTicket(randomBytes(32), ticket, 0)).toBeUndefined();
  for (let at = 0; at < ticket.length - 1; at++) {
    const other = ticket[at] === 'A' ? 'B' : 'A';
    const changed = ticket.slice(0, at) + other + ticket.slice(at + 1);
    expect(openRelayTicket(KEY, changed, 0), `changed at ${at}`).toBeUndefined();
  }
  const [payload = ''] = ticket.split('.');
  for (const text of ['', '.', payload, `${payload}.`, `.${payload}`, 'é'.repeat(50), ticket.slice(0, -2)])
    expect(openRelayTicket(KEY, text, 0), text).toBeUndefined();
});
