import { expect, test } from 'vitest';
import { AddressRanges, ranges } from './address-ranges.ts';

test('an address is in a range or not, however it is written', () => {
  const some = new AddressRanges(ranges.parse('127.0.0.0/8, 10.1.2.3,::1,2001:db8::/32'));
  for (const inside of ['127.0.0.1', '127.9.9.9', '10.1.2.3', '::1', '2001:db8:1::7', '::ffff:127.0.0.1'])
    expect(some.has(inside), inside).toBe(true);
  for (const outside of ['128.0.0.1', '10.1.2.4', '::2', '2001:db9::', '', 'localhost'])
    expect(some.has(outside), outside).toBe(false);
});

test('what is no range is refused', () => {
  for (const bad of ['127.0.0.1/33', 'localhost', '10.0.0.0/8,', '1.2.3', '::1/129'])
    expect(ranges.safeParse(bad).success, bad).toBe(false);
});
