// Accounts as the other features see them: who a token stands for, and word to every process when it stands for nobody
// any more. The ways to sign in lie in the folders beside this file.
import type { FastifyBaseLogger } from 'fastify';
import type { Bus } from '../bus.ts';
import { refuseBanned } from '../moderation/bans.ts';
import type { Db } from '../persistence/connect.ts';
import { transaction } from '../persistence/transaction.ts';
import type { Grant } from './grant.ts';
import { guestAccount } from './guest.ts';
import { SessionCache } from './sessions/cache.ts';
import { endSession, endSessions, endStolen } from './sessions/end.ts';
import { type Found, findSession } from './sessions/find.ts';
import { openSession } from './sessions/open.ts';
import { rotate } from './sessions/rotate.ts';
import { hashToken, isToken } from './token.ts';
import type { Authenticator, Who } from './who.ts';

export type Revoked = { readonly account: string } | { readonly session: string };

/** `last_seen_at` is written no more often. */
const SEEN_MS = 3600 * 1000;

export interface AccountsDeps {
  readonly db: Db;
  readonly bus: Bus;
  readonly log: FastifyBaseLogger;
}

export class Accounts implements Authenticator {
  readonly #db: Db;
  readonly #bus: Bus;
  readonly #log: FastifyBaseLogger;
  readonly #cache = new SessionCache();
  readonly #stops: (() => void)[];

  constructor({ db, bus, log }: AccountsDeps) {
    this.#db = db;
    this.#bus = bus;
    this.#log = log;
    this.#stops = [
      bus.subscribe('ow:revoked', (message) => this.#cache.drop(message)),
      bus.subscribe('ow:banned', ({ account }) => this.#cache.drop({ account })),
      bus.onGap(() => this.#cache.clear()),
    ];
  }

  /** Undefined: no such session. A banned account is refused with OW_ERR_BANNED. */
  async authenticate(token: string): Promise<Who | undefined> {
    const found = await this.#find(token);
    if (found.state !== 'known') return undefined;
    if (found.banned) await refuseBanned(this.#db, found.who.account.id);
    return found.who;
  }

  /** As `authenticate`, for what a banned account may do too: to leave. */
  async recognise(token: string): Promise<Who | undefined> {
    const found = await this.#find(token);
    return found.state === 'known' ? found.who : undefined;
  }

  guest(name: string): Promise<Grant> {
    return transaction(this.#db, async (tx) => openSession(tx, await guestAccount(tx, name)));
  }

  /** Undefined: no such session, or it has just ended because its token was stolen. */
  async rotate(token: string): Promise<Grant | undefined> {
    if (!isToken(token)) return undefined;
    const rotation = await rotate(this.#db, token);
    if (rotation.state === 'stolen') await this.#endStolen(rotation.session);
    return rotation.state === 'rotated' ? rotation.grant : undefined;
  }

  /** False: this account has no such session. */
  async signOut({ account }: Who, session: string): Promise<boolean> {
    const ended = await endSession(this.#db, account.id, session);
    if (ended) await this.revoked({ session });
    return ended;
  }

  async signOutEverywhere({ account }: Who): Promise<void> {
    await transaction(this.#db, (tx) => endSessions(tx, account.id));
    await this.revoked({ account: account.id });
  }

  /** Tells every process. Without Redis they hear of it when their second of memory is over. */
  async revoked(what: Revoked): Promise<void> {
    this.#cache.drop(what);
    await this.#bus
      .publish('ow:revoked', what)
      .catch((error) => this.#log.warn({ err: error, ...what }, 'a revocation was not told'));
  }

  /** Of what does not end anything: other processes hear of it when their second of memory is over. */
  changed(account: string): void {
    this.#cache.drop({ account });
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  async #find(token: string): Promise<Found> {
    if (!isToken(token)) return { state: 'unknown' };
    const key = Buffer.from(hashToken(token)).toString('base64');
    const found = await this.#cache.get(key, () => this.#ask(token));
    return found;
  }

  async #ask(token: string): Promise<Found> {
    const found = await findSession(this.#db, token);
    if (found.state === 'stolen') await this.#endStolen(found.session);
    if (found.state === 'known' && Date.now() - found.lastSeenAt.getTime() > SEEN_MS) {
      this.#seen(found.who.account.id);
    }
    return found;
  }

  async #endStolen(session: string): Promise<void> {
    const account = await endStolen(this.#db, session);
    if (account === undefined) return;
    this.#log.warn({ account, session }, 'an old token was shown: the session ends');
    await this.revoked({ session });
  }

  /** Nobody waits for this. */
  #seen(id: string): void {
    transaction(this.#db, (tx) =>
      tx.account.updateMany({ where: { id }, data: { lastSeenAt: new Date() } }),
    ).catch((error) => this.#log.warn({ err: error }, 'a visit was not noted'));
  }
}
