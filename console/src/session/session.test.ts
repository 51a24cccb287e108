import { expect, test } from 'vitest';
import { takeArrival } from './arrival.ts';
import { type Grant, isDue, SessionStore } from './session.ts';

const DAY_MS = 24 * 3600 * 1000;

function storage(initial: Record<string, string> = {}) {
  const kept = new Map(Object.entries(initial));
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as unknown as Storage & { kept: Map<string, string> };
}

const grant = (token: string, expiresAt = new Date(Date.now() + DAY_MS).toISOString()): Grant => ({
  account: { id: '1', name: 'Ada', role: 'admin', guest: false },
  token,
  expiresAt,
});

test('a session is there for other tabs, and they hear of its end', () => {
  const disk = storage();
  const [here, there] = [new SessionStore(disk), new SessionStore(disk)];
  let heard = 0;
  there.subscribe(() => (heard += 1));
  here.set(grant('ow_1'));
  there.changed();
  expect(there.get()?.token).toBe('ow_1');
  expect(there.get()).toBe(there.get());
  here.forget();
  there.changed();
  expect(there.get()).toBeNull();
  expect(heard).toBe(2);
});

test('the end of an old token does not end the one that another tab has got since', () => {
  const disk = storage();
  const [here, there] = [new SessionStore(disk), new SessionStore(disk)];
  here.set(grant('ow_1'));
  there.set(grant('ow_2'));
  here.forget('ow_1');
  expect(here.get()?.token).toBe('ow_2');
  here.forget('ow_2');
  expect(here.get()).toBeNull();
});

test.each(['{', '{}', '"x"', JSON.stringify(grant('ow_1', '2000-01-01T00:00:00Z'))])(
  'what is no session, or an expired one, is none: %s',
  (text) => {
    expect(new SessionStore(storage({ 'otherworld.session': text })).get()).toBeNull();
  },
);

test('it is rotated after a day', () => {
  const now = Date.now();
  expect(isDue({ ...grant('ow_1'), givenAt: now - DAY_MS + 1000 }, now)).toBe(false);
  expect(isDue({ ...grant('ow_1'), givenAt: now - DAY_MS - 1000 }, now)).toBe(true);
});

test.each([
  ['#verify=ow_1&map=top', { kind: 'verify', token: 'ow_1' }, '/?a=1#map=top'],
  ['#reset=ow_2', { kind: 'reset', token: 'ow_2' }, '/?a=1'],
  ['#oidc=x', { kind: 'oidc', code: 'x' }, '/?a=1'],
  ['#oidc-error=OW_ERR_OIDC_STATE', { kind: 'oidc-error', code: 'OW_ERR_OIDC_STATE' }, '/?a=1'],
  ['#map=top', null, undefined],
])('what the address brings leaves it: %s', (hash, arrival, left) => {
  const shown: string[] = [];
  const history = {
    replaceState: (_: unknown, __: string, url: string) => shown.push(url),
  } as unknown as History;
  const location = { hash, pathname: '/', search: '?a=1' } as Location;
  expect(takeArrival(location, history)).toEqual(arrival);
  expect(shown.at(-1)).toBe(left);
});
