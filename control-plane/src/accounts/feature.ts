// Accounts of one process, put together: what routes and other features are handed, and what must be closed.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import type { FastifyBaseLogger } from 'fastify';
import type { Redis } from 'ioredis';
import type { Bus } from '../bus.ts';
import type { Db } from '../persistence/connect.ts';
import { connectForQueue } from '../redis.ts';
import { Accounts } from './accounts.ts';
import { ensureAdmin } from './admin/first.ts';
import { Outbox } from './mail/outbox.ts';
import { folderTransport, type MailTransport, smtpTransport } from './mail/transport.ts';
import { Oidc } from './oidc/flow.ts';
import { readProviders } from './oidc/providers.ts';
import { PasswordHasher } from './password/hash.ts';
import { QUEUE, QUEUE_PREFIX, startAccountsWorker } from './worker.ts';

/** Longer than a mail takes, shorter than whoever stops us waits. */
const GOODBYE_MS = 5_000;

export interface FeatureDeps {
  readonly config: {
    readonly OTHERWORLD_DATA: string;
    readonly REDIS_URL: string;
    readonly OTHERWORLD_SMTP_URL?: string | undefined;
    readonly OTHERWORLD_MAIL_FROM: string;
    readonly OTHERWORLD_OIDC?: string | undefined;
  };
  readonly publicUrl: string;
  readonly db: Db;
  readonly redis: Redis;
  readonly bus: Bus;
  readonly log: FastifyBaseLogger;
  /** Whether this process does the work that nobody waits for. */
  readonly works: boolean;
}

export interface AccountsFeature {
  readonly accounts: Accounts;
  readonly oidc: Oidc;
  readonly db: Db;
  readonly redis: Redis;
  readonly hasher: PasswordHasher;
  readonly outbox: Outbox;
  readonly publicUrl: string;
  close(): Promise<void>;
}

export async function startAccounts(deps: FeatureDeps): Promise<AccountsFeature> {
  const { config, publicUrl, db, redis, bus, log, works } = deps;
  const providers = readProviders(config.OTHERWORLD_OIDC);
  const hasher = new PasswordHasher();
  await ensureAdmin(db, hasher, config.OTHERWORLD_DATA);
  const queue = new Queue(QUEUE, { connection: redis, prefix: QUEUE_PREFIX });
  queue.on('error', () => {}); // whoever asked is told
  const outbox = new Outbox(db, queue, log);
  const accounts = new Accounts({ db, bus, log });
  const work = works ? startWork({ ...deps, queue, outbox }) : undefined;
  return {
    accounts,
    oidc: new Oidc({ db, redis, providers, publicUrl }),
    db,
    redis,
    hasher,
    outbox,
    publicUrl,
    async close() {
      accounts.close();
      await work?.close();
      await inTime(queue.close());
    },
  };
}

function startWork(deps: FeatureDeps & { queue: Queue; outbox: Outbox }): { close(): Promise<void> } {
  const transport = mailTransport(deps);
  const connection = connectForQueue(deps.config.REDIS_URL, deps.log);
  const worker = startAccountsWorker({ ...deps, transport, connection });
  return {
    async close() {
      await inTime(worker.close());
      connection.disconnect();
      transport.close();
    },
  };
}

/** BullMQ says goodbye to Redis, and waits for one that is away. A job that was cut off is done again. */
async function inTime(goodbye: Promise<void>): Promise<void> {
  await Promise.race([goodbye.catch(() => {}), sleep(GOODBYE_MS, undefined, { ref: false })]);
}

function mailTransport({ config, log }: FeatureDeps): MailTransport {
  const { OTHERWORLD_SMTP_URL: url, OTHERWORLD_MAIL_FROM: from, OTHERWORLD_DATA: data } = config;
  return url === undefined ? folderTransport(join(data, 'mail'), from, log) : smtpTransport(url, from);
}
