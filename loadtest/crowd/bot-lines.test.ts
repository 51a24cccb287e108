import { expect, test } from 'vitest';
import { type BotLine, BotLines } from './bot-lines.ts';

const NOTHING = { datagrams_down: 0, datagrams_up: 0, bytes_down: 0, bytes_up: 0 };

const line = (bot: number, t: number, more: Partial<BotLine> = {}): BotLine => ({
  type: 'bot',
  t,
  bot,
  state: 'playing',
  datagrams_down: 60,
  datagrams_up: 60,
  bytes_down: 60_000,
  bytes_up: 6_000,
  corrections: 0,
  correction_max_mm: 0,
  contact_corrections: 0,
  contact_correction_max_mm: 0,
  missed_corrections: 0,
  missed_correction_max_mm: 0,
  relocations: 0,
  missed_inputs: 0,
  skipped_ticks: 0,
  unreadable: 0,
  ...more,
});

test('rates are those of the time that counts, with 28 bytes on each datagram', () => {
  const lines = new BotLines();
  // Everybody's joining costs more, and so does the end; neither counts.
  for (const t of [2, 4]) for (const bot of [0, 1]) lines.take(line(bot, t, { bytes_down: 1e6 }));
  lines.start();
  for (const t of [6, 8]) for (const bot of [0, 1]) lines.take(line(bot, t, { bytes_up: 6_000 * (bot + 1) }));
  lines.end();
  lines.take(line(0, 10, { bytes_down: 1e6 }));
  const down = lines.kbps('down');
  expect(down.count).toBe(2);
  expect(down.quantile(1)).toBeCloseTo(((60_000 + 60 * 28) * 8) / 1000 / 2, 6);
  expect(lines.kbps('up').quantile(0.5)).toBeCloseTo(((6_000 + 60 * 28) * 8) / 1000 / 2, 6);
  expect(lines.kbps('up').quantile(1)).toBeCloseTo(((12_000 + 60 * 28) * 8) / 1000 / 2, 6);
});

test('what must not happen counts from the first line to the last', () => {
  const lines = new BotLines();
  lines.take({ type: 'connected', bot: 0 });
  lines.take(line(0, 2, { corrections: 2, correction_max_mm: 0.5 }));
  lines.start();
  lines.end();
  lines.take(line(0, 4, { corrections: 1, correction_max_mm: 0.1, missed_inputs: 3 }));
  lines.take({ type: 'returned', bot: 0 });
  expect(lines.playing.size).toBe(1);
  lines.take({ type: 'ended', bot: 0, cause: 'lost', message: 'the session was lost' });
  lines.take({ type: 'summary', disconnects: 2, returned: 1, playing: 0, ...NOTHING });
  expect(lines.corrections.static).toEqual({ count: 3, maxMm: 0.5 });
  expect([lines.missedInputs, lines.returned, lines.playing.size]).toEqual([3, 1, 0]);
  expect(lines.endings).toEqual(['bot 1: the session was lost']);
  expect(lines.summary?.disconnects).toBe(2);
});
