import { mkdtempSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LogFile, pruneLogs } from './log-file.ts';

test('a log is one file and one before it, each within the bound', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ow-log-'));
  const path = join(directory, 'instance-a.log');
  const log = new LogFile(path, 1000);
  for (let line = 0; line < 100; line += 1) log.write(Buffer.from(`${'x'.repeat(98)}\n`));
  log.write(Buffer.from('the last line\n'));
  log.close();
  expect(readdirSync(directory).sort()).toEqual(['instance-a.log', 'instance-a.log.1']);
  expect(readFileSync(path, 'utf8')).toMatch(/the last line\n$/);
  for (const name of readdirSync(directory))
    expect(statSync(join(directory, name)).size).toBeLessThanOrEqual(1000);
});

test('the oldest logs go, and nothing else in the folder', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ow-log-'));
  for (const [age, name] of ['new', 'older', 'oldest'].entries()) {
    const path = join(directory, `instance-${name}.log`);
    writeFileSync(path, '');
    utimesSync(path, 1000 - age, 1000 - age);
  }
  writeFileSync(join(directory, 'control-plane.log'), '');
  await pruneLogs(directory, 2);
  expect(readdirSync(directory).sort()).toEqual([
    'control-plane.log',
    'instance-new.log',
    'instance-older.log',
  ]);
});
