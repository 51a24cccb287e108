// Mails that are to be sent. The row in the database is the order and is committed first; the job in Redis is only the
// nudge to look at it. A process that dies between the two, or a Redis that forgets, costs half a minute: the sweep
// finds rows that nobody has sent. The row says that it is sent only after a mail server took the mail.
import type { Queue } from 'bullmq';
import type { FastifyBaseLogger } from 'fastify';
import type { Prisma } from '../../../../prisma/gen/client.ts';
import type { Db } from '../../persistence/connect.ts';
import { transaction } from '../../persistence/transaction.ts';

/** A mail that cannot be sent for so long is given up. */
const GIVE_UP_MS = 24 * 3600 * 1000;
const UNSENT_AFTER_MS = 20_000;
const BATCH = 200;

type Order = Omit<Prisma.MailLinkUncheckedCreateInput, 'expiresAt'>;

export class Outbox {
  readonly #db: Db;
  readonly #queue: Queue;
  readonly #log: FastifyBaseLogger;

  constructor(db: Db, queue: Queue, log: FastifyBaseLogger) {
    this.#db = db;
    this.#queue = queue;
    this.#log = log;
  }

  async post(order: Order): Promise<void> {
    const expiresAt = new Date(Date.now() + GIVE_UP_MS);
    const { id } = await transaction(this.#db, (tx) => tx.mailLink.create({ data: { ...order, expiresAt } }));
    // Not waited for: the answer's time says nothing about Redis, and the mail is safe.
    this.#nudge(id);
  }

  /** Nudges for what should have been sent by now. */
  async look(): Promise<void> {
    const unsent = await this.#db.mailLink.findMany({
      where: {
        sentAt: null,
        createdAt: { lt: new Date(Date.now() - UNSENT_AFTER_MS) },
        expiresAt: { gt: new Date() },
      },
      orderBy: { createdAt: 'asc' },
      take: BATCH,
      select: { id: true },
    });
    for (const { id } of unsent) this.#nudge(id);
  }

  /** A job that waits or is being tried keeps its name; another of that name is not added. */
  #nudge(id: string): void {
    const tries = { attempts: 8, backoff: { type: 'exponential', delay: 1_000 } };
    this.#queue
      .add('mail', { id }, { jobId: id, removeOnComplete: true, removeOnFail: true, ...tries })
      .catch((error) => this.#log.warn({ err: error, id }, 'a mail waits for the next sweep'));
  }
}
