// What is remembered of a sign-in while the person is at the provider, and between coming back and having a session. It
// is in Redis, so that any process may go on with it; it is bound to one browser by a cookie, good once, and short.
import { createHash, randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Long enough for a password manager, a second factor and a coffee. */
const AWAY_S = 600;
const EXCHANGE_S = 60;

export interface Away {
  readonly provider: string;
  readonly verifier: string;
  readonly nonce: string;
  /** Whoever was signed in keeps their account by this. */
  readonly account: string | null;
}

const digest = (text: string) => createHash('sha256').update(text).digest('base64url');

export class Memory {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async goAway(state: string, browser: string, away: Away): Promise<void> {
    await this.#keep('state', state, browser, away, AWAY_S);
  }

  /** Once; undefined for another browser. */
  comeBack(state: string, browser: string): Promise<Away | undefined> {
    return this.#take<Away>('state', state, browser);
  }

  /** The one-time code that stands for an account which has just signed in. */
  async giveCode(browser: string, account: string): Promise<string> {
    const code = randomBytes(32).toString('base64url');
    await this.#keep('code', code, browser, { account }, EXCHANGE_S);
    return code;
  }

  async takeCode(code: string, browser: string): Promise<string | undefined> {
    return (await this.#take<{ account: string }>('code', code, browser))?.account;
  }

  /** Secret and browser are both in the key, so that a wrong browser does not even use it up. */
  async #keep(kind: string, secret: string, browser: string, value: object, seconds: number): Promise<void> {
    await this.#redis.set(this.#key(kind, secret, browser), JSON.stringify(value), 'EX', seconds);
  }

  async #take<T>(kind: string, secret: string, browser: string): Promise<T | undefined> {
    const text = await this.#redis.getdel(this.#key(kind, secret, browser));
    return text === null ? undefined : (JSON.parse(text) as T);
  }

  #key(kind: string, secret: string, browser: string): string {
    return `ow:oidc:${kind}:${digest(`${secret} ${browser}`)}`;
  }
}
