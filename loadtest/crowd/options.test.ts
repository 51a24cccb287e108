import { expect, test } from 'vitest';
import { readCrowdOptions } from './options.ts';

test('a good network needs no proxy, a bad one is seeded', () => {
  expect(readCrowdOptions([]).conditions).toEqual({
    bots: 100,
    seconds: 60,
    crowd: 'spread',
    network: null,
    pipe: 'udp',
    viewsEveryS: 0.5,
  });
  const { conditions } = readCrowdOptions([
    '--crowd',
    'bunched',
    '--rtt',
    '80',
    '--jitter',
    '30',
    '--loss',
    '5',
  ]);
  expect(conditions.network).toEqual({ rttMs: 80, jitterMs: 30, lossPct: 5, seed: 1 });
});

test.for([
  [['--crowd', 'huge'], 'huge'],
  [['--loss', '101'], '101'],
  [['--bots', '0'], '--bots'],
  [['--speed', '1'], '--speed'],
  [['--pipe', 'tcp'], 'tcp'],
  [['--pipe', 'relay', '--rtt', '80'], 'relay'],
] as const)('%s is refused', ([args, named]) => {
  expect(() => readCrowdOptions([...args])).toThrow(named);
});
