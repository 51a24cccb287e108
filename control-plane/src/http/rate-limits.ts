// How much anybody may ask. What everybody does is bounded per address and per session; what costs us a hash, a mail or
// a row is bounded tighter. The counts are shared by all processes (limit-store.ts).
import { createHash } from 'node:crypto';
import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { ApiError } from '../errors.ts';
import { counter } from '../metrics.ts';
import type { AddressRanges } from './address-ranges.ts';
import { limitStore } from './limit-store.ts';
import type { App } from './route.ts';

interface Limit {
  readonly per: 'address' | 'session';
  readonly most: number;
  readonly windowMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const LIMITS = {
  /** A school behind one address: 200 people, one request every four seconds. */
  everything: { per: 'address', most: 3_000, windowMs: MINUTE_MS },
  /** A console that is used asks twice a second at most. */
  'everything of a session': { per: 'session', most: 600, windowMs: MINUTE_MS },
  /** Each is a row that stays for weeks; the school of above comes in within two minutes. */
  'POST /api/v1/guests': { per: 'address', most: 120, windowMs: MINUTE_MS },
  /** Each try costs us 19 MiB and 50 ms of argon2id; a person mistypes a few times. Tries per e-mail are counted beside. */
  'POST /api/v1/sessions': { per: 'address', most: 20, windowMs: MINUTE_MS },
  /** It asks for the old password, so it is a try at one. */
  'POST /api/v1/account/password': { per: 'session', most: 10, windowMs: MINUTE_MS },
  /** Each asks the provider over the network. */
  'POST /api/v1/oidc/:provider/start': { per: 'address', most: 60, windowMs: MINUTE_MS },
  'POST /api/v1/oidc/sessions': { per: 'address', most: 60, windowMs: MINUTE_MS },
  /** Once a month and device is enough. */
  'POST /api/v1/sessions/rotate': { per: 'address', most: 60, windowMs: MINUTE_MS },
  /** Each sends a mail to an address that a stranger may have typed. */
  'POST /api/v1/accounts': { per: 'address', most: 20, windowMs: HOUR_MS },
  'POST /api/v1/accounts/reset': { per: 'address', most: 20, windowMs: HOUR_MS },
  /** Guesses at the secret of a mail. */
  'POST /api/v1/accounts/verify': { per: 'address', most: 30, windowMs: MINUTE_MS },
  'POST /api/v1/accounts/reset/confirm': { per: 'address', most: 30, windowMs: MINUTE_MS },
  /** One ticket lives at a time; more are people who change their mind. */
  'POST /api/v1/tickets': { per: 'session', most: 30, windowMs: MINUTE_MS },
  /** Names are few, and each world is a row. */
  'POST /api/v1/worlds': { per: 'session', most: 30, windowMs: HOUR_MS },
} as const satisfies Record<string, Limit>;

/** Asked by whoever watches over this process, as often as they like. */
const UNLIMITED = new Set(['/healthz', '/readyz']);

const refused = counter('http_limited_total', 'Requests refused because there were too many.', ['limit']);

export async function rateLimits(app: App, redis: Redis, allowed: AddressRanges): Promise<void> {
  await app.register(rateLimit, { global: false, store: limitStore(redis, app.log) });
  const checks = new Map(Object.entries(LIMITS).map(([name, limit]) => [name, checkOf(app, name, limit)]));

  app.addHook('onRequest', async (request, reply) => {
    const { method, routeOptions } = request;
    if (UNLIMITED.has(routeOptions.url ?? '') || allowed.has(request.ip)) return;
    const names = ['everything', 'everything of a session', `${method} ${routeOptions.url}`];
    await Promise.all(names.map((name) => checks.get(name)?.(request, reply)));
  });
}

function checkOf(app: App, name: string, { per, most, windowMs }: Limit) {
  const keyGenerator = (request: FastifyRequest) => `${name}:${asker(request, per)}`;
  const ask = app.createRateLimit({ max: most, timeWindow: windowMs, keyGenerator });
  return async (request: FastifyRequest, reply: FastifyReply) => {
    // Who shows no token is bounded by the address.
    if (per === 'session' && request.headers.authorization === undefined) return;
    const answer = await ask(request);
    if (answer.isAllowed || !answer.isExceeded) return;
    refused.inc({ limit: name });
    reply.header('retry-after', Math.max(1, answer.ttlInSeconds));
    throw new ApiError('OW_ERR_TOO_MANY');
  };
}

/** An IPv6 household is its /64. Of a token only a hash leaves this process. */
function asker({ ip, headers }: FastifyRequest, per: Limit['per']): string {
  if (per === 'address') return normalizeIP(ip);
  return createHash('sha256')
    .update(headers.authorization ?? '')
    .digest('base64url')
    .slice(0, 22);
}
