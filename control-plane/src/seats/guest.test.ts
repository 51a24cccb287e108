import { expect, test } from 'vitest';
import { guest } from './guest.ts';

test('a guest without a name that can be shown is called Guest', () => {
  expect(guest('\u202E\u0000').name).toBe('Guest');
  expect(guest(' Ada ').name).toBe('Ada');
});

test('each guest is somebody else', () => {
  expect(guest('A').user).not.toBe(guest('A').user);
});
