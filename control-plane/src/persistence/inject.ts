// For tests: with OTHERWORLD_INJECT_40001 in the environment every transaction really conflicts at its first attempt, after its work
// ran and before it commits, so that whatever cannot be done twice shows. Nothing is pretended: another connection changes a row
// that the transaction has read and then writes, for which both databases answer 40001 (CockroachDB has
// crdb_internal.force_retry, PostgreSQL has nothing like it).
import pg from 'pg';
import type { Db, Tx } from './connect.ts';

export const mayInject = (): boolean => Boolean(process.env.OTHERWORLD_INJECT_40001);

class ConflictOnce {
  readonly #rivals = new WeakMap<Db, pg.Pool>();

  set(db: Db, url: string): void {
    // A pool of its own: out of the client's pool, transactions that wait for a second connection would wait for each other.
    const rival = new pg.Pool({
      connectionString: url,
      max: 1,
      allowExitOnIdle: true,
      idleTimeoutMillis: 1_000,
    });
    rival.on('error', () => {});
    this.#rivals.set(db, rival);
  }

  async provoke(db: Db, tx: Tx): Promise<void> {
    const rival = this.#rivals.get(db);
    if (rival === undefined) return;
    // The migrations' ledger is the one table that is never empty; nothing in it changes.
    const touch = `UPDATE "_prisma_migrations" SET "logs" = "logs" WHERE "id" = (SELECT min("id") FROM "_prisma_migrations")`;
    await tx.$queryRawUnsafe(`SELECT "logs" FROM "_prisma_migrations"`);
    await rival.query(touch);
    await tx.$executeRawUnsafe(touch);
    throw new Error('OTHERWORLD_INJECT_40001: the database took a write that it had to refuse');
  }
}

export const conflictOnce = new ConflictOnce();
