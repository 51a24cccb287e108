import { expect, test } from 'vitest';
import { countCargo, countPlain, countVitest } from './tally.ts';

test('cargo prints one result for each test program', () => {
  const output = `running 2 tests
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 1.20s
`;
  expect(countCargo(output)).toEqual({ passed: 5, failed: 1 });
});

test('vitest prints failed before passed, and either may be missing', () => {
  expect(
    countVitest(' Test Files  1 failed | 3 passed (4)\n      Tests  2 failed | 40 passed (42)\n'),
  ).toEqual({ passed: 40, failed: 2 });
  expect(countVitest(' Test Files  3 passed (3)\n      Tests  7 passed (7)\n')).toEqual({
    passed: 7,
    failed: 0,
  });
});

test('a runner that printed no result counts nothing', () => {
  for (const count of [countCargo, countVitest, countPlain])
    expect(count('Segmentation fault')).toEqual({ passed: 0, failed: 0 });
});

test('Godot prints one line', () => {
  expect(countPlain('ok    order test (3 ms)\n12 passed, 1 failed\n')).toEqual({ passed: 12, failed: 1 });
});
