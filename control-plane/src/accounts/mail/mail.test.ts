// Mails through a real SMTP server, and what happens to them when something dies on the way.
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type AccountsFixture, accountsFixture, readMail } from '../../../test/accounts-fixture.ts';
import { freePort } from '../../../test/free-port.ts';
import { hashToken } from '../token.ts';
import { deliver } from './deliver.ts';
import { smtpTransport } from './transport.ts';

vi.setConfig({ testTimeout: 90_000 });

let fixture: AccountsFixture;
beforeAll(async () => {
  fixture = await accountsFixture();
}, 120_000);
afterAll(() => fixture.close());

interface Taken {
  readonly from: string;
  readonly to: string[];
  readonly user: string;
  readonly eml: string;
}

/** A mail server with a user and a mood. */
async function mailServer({ port = 0, refusals = 0, tls = false } = {}) {
  const taken: Taken[] = [];
  const left = { refusals };
  const server = new SMTPServer({
    authMethods: ['PLAIN', 'LOGIN'],
    allowInsecureAuth: true,
    // Its certificate is the library's own, which expired and is not for this host.
    disabledCommands: tls ? [] : ['STARTTLS'],
    onAuth({ username, password }, _session, done) {
      if (password === 's3cret pass') done(null, { user: username });
      else done(new Error('no such user'));
    },
    onData(stream, { envelope, user }, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part) => parts.push(part));
      stream.on('end', () => {
        left.refusals -= 1;
        if (left.refusals >= 0) return done(Object.assign(new Error('try later'), { responseCode: 451 }));
        const from = envelope.mailFrom ? envelope.mailFrom.address : '';
        const to = envelope.rcptTo.map(({ address }) => address);
        taken.push({ from, to, user: String(user), eml: Buffer.concat(parts).toString() });
        done();
      });
    },
  });
  server.on('error', () => {}); // clients that hang up
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const own = (server.server.address() as AddressInfo).port;
  return {
    taken,
    port: own,
    url: `smtp://mailer:${encodeURIComponent('s3cret pass')}@127.0.0.1:${own}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

const order = (email: string) =>
  ({ purpose: 'verify', email, name: 'Ada', passwordHash: '$argon2id$', accountId: null }) as const;

test('goes out through SMTP, with a link that works', async () => {
  const server = await mailServer();
  const plane = await fixture.process({ works: true, OTHERWORLD_SMTP_URL: server.url });
  const { outbox, db } = plane;
  await outbox.post(order('ada@otherworld.test'));
  await vi.waitFor(() => expect(server.taken.length).toBe(1), 10_000);
  const [mail] = server.taken;
  expect(mail).toMatchObject({
    from: 'no-reply@otherworld.test',
    to: ['ada@otherworld.test'],
    user: 'mailer',
  });
  const { subject, text, token } = readMail(mail?.eml ?? '');
  expect(subject).toBe('Confirm your e-mail for 127.0.0.1:7400');
  expect(text).toContain('http://127.0.0.1:7400/#verify=ow_');
  await vi.waitFor(async () => {
    const link = await db.mailLink.findUnique({ where: { hash: hashToken(token?.token ?? '') } });
    expect(link?.sentAt).toBeInstanceOf(Date);
  });
  await plane.close();
  await server.close();
});

test('is tried again while the server refuses, and when nothing listens at all', async () => {
  const port = await freePort();
  const plane = await fixture.process({
    works: true,
    OTHERWORLD_SMTP_URL: `smtp://mailer:s3cret%20pass@127.0.0.1:${port}`,
  });
  await plane.outbox.post(order('bo@otherworld.test'));
  await sleep(1_500);
  const server = await mailServer({ port, refusals: 1 });
  await vi.waitFor(
    () => expect(server.taken.some(({ to }) => to[0] === 'bo@otherworld.test')).toBe(true),
    40_000,
  );
  await plane.close();
  await server.close();
});

test('survives a Redis that has forgotten its job, and a process that died before it made one', async () => {
  // Two rows as they are after such accidents: committed, and nobody has been nudged.
  const expiresAt = new Date(Date.now() + 60_000);
  for (const email of ['cy@otherworld.test', 'di@otherworld.test']) {
    const createdAt = new Date(Date.now() - 30_000);
    await fixture.db.mailLink.create({ data: { ...order(email), expiresAt, createdAt } });
  }
  await fixture.redis.flush();
  // A process that starts looks at once; others within half a minute.
  const plane = await fixture.process({ works: true });
  for (const email of ['cy@otherworld.test', 'di@otherworld.test']) await fixture.link(email, 'verify');
  await plane.close();
});

test('sent twice, because the first answer was lost, has the same Message-ID, and the newer link counts', async () => {
  const server = await mailServer();
  const transport = smtpTransport(server.url, 'no-reply@otherworld.test');
  const deps = { db: fixture.db, transport, publicUrl: 'https://play.otherworld.test' };
  const { id } = await fixture.db.mailLink.create({
    data: { ...order('ed@otherworld.test'), expiresAt: new Date(Date.now() + 60_000) },
  });
  await deliver(deps, id);
  await fixture.db.mailLink.update({ where: { id }, data: { sentAt: null } });
  await deliver(deps, id);
  await deliver(deps, id);
  expect(server.taken.length).toBe(2);
  const ids = server.taken.map(({ eml }) => /^Message-ID: (.*)$/im.exec(eml)?.[1]);
  expect(ids[0]).toBe(`<${id}@otherworld.test>`);
  expect(ids[1]).toBe(ids[0]);
  const hashes = server.taken.map(({ eml }) => hashToken(readMail(eml).token?.token ?? ''));
  const found = await Promise.all(hashes.map((hash) => fixture.db.mailLink.findUnique({ where: { hash } })));
  expect(found.map((link) => link?.id)).toEqual([undefined, id]);
  transport.close();
  await server.close();
});

test('a server that does not know us, or that nobody can vouch for, gets no mail and ends in an error', async () => {
  const mail = { to: 'a@b.test', subject: 's', text: 't' };
  const [server, stranger] = [await mailServer(), await mailServer({ tls: true })];
  const wrong = smtpTransport(server.url.replace('s3cret', 'wrong'), 'no-reply@otherworld.test');
  await expect(wrong.send(mail, 'id')).rejects.toThrow(/Invalid login/);
  const unsafe = smtpTransport(stranger.url, 'no-reply@otherworld.test');
  await expect(unsafe.send(mail, 'id')).rejects.toThrow(/certificate/);
  expect([...server.taken, ...stranger.taken]).toEqual([]);
  for (const transport of [wrong, unsafe]) transport.close();
  await Promise.all([server.close(), stranger.close()]);
});
