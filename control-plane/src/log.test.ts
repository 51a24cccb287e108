import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { makeLog } from './log.ts';

test('no secret stands in the log, however somebody logged it', () => {
  const lines: string[] = [];
  const log = makeLog(
    'debug',
    new Writable({ write: (chunk, _, done) => done(void lines.push(String(chunk))) }),
  );
  log.info({ token: 'hush1', password: 'hush2', account: { password: 'hush3', name: 'Ada' } }, 'one');
  log.info({ request: { headers: { authorization: 'Bearer hush4', cookie: 'hush5' } } }, 'two');
  log.info({ req: { method: 'GET', url: '/api/v1/relay?ticket=hush6', ip: '::1' } }, 'three');
  const text = lines.join('');
  expect(text).not.toContain('hush');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { msg: 'one', account: { name: 'Ada' } },
    { msg: 'two' },
    { msg: 'three', req: { method: 'GET', path: '/api/v1/relay', address: '::1' } },
  ]);
});
