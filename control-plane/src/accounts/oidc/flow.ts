// Signing in at an OpenID provider, in order: go there (authorization code, PKCE, state, nonce) → come back with a code →
// the provider's word on who it is → our account → a one-time code for the browser → a session. No token of anybody
// is ever in an address or a log.
import type { Redis } from 'ioredis';
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { ApiError } from '../../errors.ts';
import { refuseBanned } from '../../moderation/bans.ts';
import type { Db } from '../../persistence/connect.ts';
import { transaction } from '../../persistence/transaction.ts';
import type { Grant } from '../grant.ts';
import { openSession } from '../sessions/open.ts';
import { accountFor, type Person } from './account.ts';
import { Memory } from './memory.ts';
import type { Provider } from './providers.ts';

export interface OidcDeps {
  readonly db: Db;
  readonly redis: Redis;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly publicUrl: string;
}

export class Oidc {
  readonly #db: Db;
  readonly #memory: Memory;
  readonly #providers: ReadonlyMap<string, Provider>;
  readonly #publicUrl: string;

  constructor({ db, redis, providers, publicUrl }: OidcDeps) {
    this.#db = db;
    this.#memory = new Memory(redis);
    this.#providers = providers;
    this.#publicUrl = publicUrl;
  }

  list(): { name: string; label: string }[] {
    return [...this.#providers.values()].map(({ name, label }) => ({ name, label }));
  }

  /** Where the browser shall go. */
  async goThere(name: string, browser: string, account: string | undefined): Promise<string> {
    const provider = this.#provider(name);
    const configuration = await provider.configuration();
    const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
    await this.#memory.goAway(state, browser, { provider: name, verifier, nonce, account: account ?? null });
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: `${this.#publicUrl}/api/v1/oidc/${name}/callback`,
      scope: provider.scopes.join(' '),
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    return url.href;
  }

  /** Returns the code that this browser changes for a session. */
  async comeBack(name: string, browser: string | undefined, search: URLSearchParams): Promise<string> {
    const provider = this.#provider(name);
    const state = search.get('state') ?? '';
    const away = browser === undefined ? undefined : await this.#memory.comeBack(state, browser);
    if (browser === undefined || away?.provider !== name) throw new ApiError('OW_ERR_OIDC_STATE');
    const person = await this.#whoIs(provider, away, state, search);
    const account = await accountFor(this.#db, person, away.account ?? undefined);
    return this.#memory.giveCode(browser, account);
  }

  async exchange(code: string, browser: string | undefined): Promise<Grant> {
    const id = browser === undefined ? undefined : await this.#memory.takeCode(code, browser);
    if (id === undefined) throw new ApiError('OW_ERR_OIDC_STATE');
    await refuseBanned(this.#db, id);
    return transaction(this.#db, async (tx) => {
      const account = await tx.account.findUnique({ where: { id } });
      if (account === null) throw new ApiError('OW_ERR_OIDC_STATE');
      await tx.account.update({ where: { id }, data: { lastSeenAt: new Date() } });
      return openSession(tx, account);
    });
  }

  async #whoIs(
    provider: Provider,
    { verifier, nonce }: { verifier: string; nonce: string },
    state: string,
    search: URLSearchParams,
  ): Promise<Person> {
    const configuration = await provider.configuration();
    const url = new URL(`${this.#publicUrl}/api/v1/oidc/${provider.name}/callback?${search}`);
    try {
      const tokens = await authorizationCodeGrant(configuration, url, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new Error('no ID token came');
      // Many providers put the name only there. Without it the person has a plain name, which they can change.
      const more =
        claims.name === undefined && configuration.serverMetadata().userinfo_endpoint !== undefined
          ? await fetchUserInfo(configuration, tokens.access_token, claims.sub).catch(() => undefined)
          : undefined;
      const name = [claims.name, more?.name, claims.preferred_username, more?.preferred_username].find(
        (candidate) => typeof candidate === 'string',
      );
      return { issuer: claims.iss, subject: claims.sub, name: typeof name === 'string' ? name : '' };
    } catch (error) {
      throw new ApiError('OW_ERR_OIDC_REFUSED', `${provider.label}: ${sentence(error)}.`);
    }
  }

  #provider(name: string): Provider {
    const provider = this.#providers.get(name);
    if (provider === undefined) throw new ApiError('OW_ERR_UNKNOWN_PROVIDER');
    return provider;
  }
}

/** The library's messages name the check that failed and hold no secret; what the provider writes is cut. */
const sentence = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\p{C}/gu, '').slice(0, 200);
