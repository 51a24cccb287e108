// Accounts over a real database and a real Redis, of as many processes as a test wants.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AccountsFeature, type FeatureDeps, startAccounts } from '../src/accounts/feature.ts';
import { accountRoutes } from '../src/accounts/routes.ts';
import { Bus } from '../src/bus.ts';
import { server } from '../src/http/app.ts';
import { connectRedis } from '../src/redis.ts';
import { freePort } from './free-port.ts';
import { testDatabase, testRedis } from './stores.ts';
import { quiet } from './supervisor-fixture.ts';
import { until } from './until.ts';

export const PUBLIC_URL = 'http://127.0.0.1:7400';
export const PASSWORD = 'correct horse battery staple';

export async function accountsFixture() {
  const [database, redis] = await Promise.all([testDatabase(), testRedis()]);
  const data = mkdtempSync(join(tmpdir(), 'ow-accounts-'));
  const closers: (() => Promise<void>)[] = [];

  const process = async (
    more: Partial<FeatureDeps['config']> & { works?: boolean; publicUrl?: string } = {},
  ) => {
    const { works = false, publicUrl = PUBLIC_URL, ...config } = more;
    const connection = connectRedis(redis.url);
    const bus = new Bus(connection);
    const feature = await startAccounts({
      config: {
        OTHERWORLD_DATA: data,
        REDIS_URL: redis.url,
        OTHERWORLD_MAIL_FROM: 'Otherworld <no-reply@otherworld.test>',
        ...config,
      },
      publicUrl,
      db: database.db,
      redis: connection,
      bus,
      log: quiet,
      works,
    });
    await bus.subscribed();
    let closed: Promise<void> | undefined;
    const end = async () => {
      await feature.close();
      bus.close();
      connection.disconnect();
    };
    const close = () => {
      closed ??= end();
      return closed;
    };
    closers.push(close);
    return { ...feature, close };
  };

  /** A process that is asked by HTTP. */
  const served = async ({ port = 0, ...more }: Parameters<typeof process>[0] & { port?: number } = {}) => {
    port ||= await freePort();
    const url = `http://127.0.0.1:${port}`;
    const feature = await process({ ...more, publicUrl: url });
    const app = server();
    accountRoutes(app, feature);
    await app.listen({ host: '127.0.0.1', port });
    closers.push(() => app.close());
    return { ...feature, url };
  };

  return {
    served,
    db: database.db,
    databaseUrl: database.url,
    redis,
    data,
    process,
    mails: () => mailsIn(data),
    /** The token in the newest mail to somebody, once it is there. */
    link: (email: string, what: 'verify' | 'reset') =>
      until(
        () => mailsIn(data).findLast(({ to, token }) => to === email && token?.what === what)?.token?.token,
      ),
    async close() {
      for (const close of closers.reverse()) await close();
      await redis.close();
      await database.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

export type AccountsFixture = Awaited<ReturnType<typeof accountsFixture>>;
export type { AccountsFeature };

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly token: { readonly what: string; readonly token: string } | undefined;
}

function mailsIn(data: string): Mail[] {
  return readFolder(join(data, 'mail')).map((file) => readMail(readFileSync(file, 'utf8')));
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** The text of our mails is ASCII; long lines are folded with "=" at their end. */
export function readMail(eml: string): Mail {
  const text = eml.replaceAll('\r\n', '\n').replaceAll('=\n', '').replaceAll('=3D', '=');
  const [, what, token] = /#(verify|reset)=(ow_[A-Za-z0-9_-]{43})/.exec(text) ?? [];
  return {
    to: /^To: (.*)$/m.exec(text)?.[1] ?? '',
    subject: /^Subject: (.*)$/m.exec(text)?.[1] ?? '',
    text,
    token: what === undefined || token === undefined ? undefined : { what, token },
  };
}
