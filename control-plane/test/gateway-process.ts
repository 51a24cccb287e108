// The gateway by itself: the real one, with Redis, sockets and the bus, over stand-ins for accounts, seats and tickets
// that a test writes into Redis. What it comes to with the real ones is tested with whole control planes
// (gateway.plane.test.ts). Run as a program it is one of several processes that can be killed.
import type { AddressInfo } from 'node:net';
import websocket from '@fastify/websocket';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { type Authenticator, type Who, whoAsks } from '../src/accounts/who.ts';
import { Bus } from '../src/bus.ts';
import { Gateway } from '../src/gateway/gateway.ts';
import type { Places } from '../src/gateway/places.ts';
import { gatewayRoutes } from '../src/gateway/routes.ts';
import { GATEWAY_RULES, type GatewayRules } from '../src/gateway/rules.ts';
import type { TicketSource } from '../src/gateway/tickets.ts';
import { server } from '../src/http/app.ts';
import { webSockets } from '../src/http/web-sockets.ts';
import { TelemetryHub } from '../src/instances/telemetry.ts';
import type { TicketNews } from '../src/matchmaking/ticket.ts';
import type { Ticket } from '../src/matchmaking/tickets.ts';
import { connectRedis } from '../src/redis.ts';

const SESSIONS = 'test:sessions';
const ENDED = 'test:ended';
const placeOf = (account: string) => `test:place:${account}`;
const seatsOf = (instance: string) => `test:seats:${instance}`;

export const tokenOf = (account: string, name = 'Ada', role = 'player') => `${account}/${name}/${role}`;

function whoOf(token: string): Who | undefined {
  const [id, name, role] = token.split('/');
  if (id === undefined || name === undefined) return undefined;
  return {
    account: { id, name, role: (role ?? 'player') as Who['account']['role'], guest: true },
    session: id,
  };
}

function accounts(redis: Redis): Authenticator {
  return {
    async authenticate(token) {
      const who = whoOf(token);
      if (who === undefined || (await redis.sismember(ENDED, who.session)) === 1) return undefined;
      await redis.hset(SESSIONS, who.session, JSON.stringify(who));
      return who;
    },
  };
}

function places(redis: Redis): Places {
  return {
    async of(account) {
      const [instance, seat] = (await redis.get(placeOf(account)))?.split(' ') ?? [];
      return instance !== undefined && seat !== undefined ? { instance, seat } : undefined;
    },
    async inside(instance) {
      const seats = await redis.hgetall(seatsOf(instance));
      return {
        world: WORLD,
        members: Object.entries(seats).map(([seat, member]) => ({ seat, ...JSON.parse(member) })),
      };
    },
  };
}

/** The ticket lies in Redis as its owner sees it; changes come over the channel. */
function tickets(redis: Redis, bus: Bus): TicketSource {
  const current = async (account: string): Promise<Ticket | undefined> =>
    JSON.parse((await redis.get(`test:ticket:${account}`)) ?? 'null') ?? undefined;
  return {
    current,
    async show({ account, place: _, ...news }) {
      const found = news.state === 'seated' ? await current(account) : undefined;
      return { ...news, connect: found?.connect ?? null };
    },
    watch: (known, listener) =>
      bus.subscribe('ow:ticket', (news: TicketNews) => {
        if (news.id === known.id) listener(news);
      }),
  };
}

export const WORLD = '6f1a2f9c-1111-4111-8111-111111111111';

/** Somebody connects to an instance, or leaves it: what `seats/` writes and says. */
export async function sit(redis: Redis, instance: string, seat: string, account: string, name = 'Ada') {
  await redis.set(placeOf(account), `${instance} ${seat}`);
  await redis.hset(seatsOf(instance), seat, JSON.stringify({ account, name }));
  await tell(redis, instance, { type: 'joined', seat, account, name });
}

export async function rise(redis: Redis, instance: string, seat: string, account: string, cause = 'left') {
  await redis.del(placeOf(account));
  await redis.hdel(seatsOf(instance), seat);
  await tell(redis, instance, { type: 'left', seat, account, cause });
}

export const tell = (redis: Redis, instance: string, told: object) =>
  redis.publish(`ow:instance-events:${instance}`, JSON.stringify(told));

export async function endSession(redis: Redis, session: string) {
  await redis.sadd(ENDED, session);
  await redis.hdel(SESSIONS, session);
}

export interface GatewayProcess {
  readonly url: string;
  readonly gateway: Gateway;
  readonly telemetry: TelemetryHub;
  close(): Promise<void>;
}

export async function startGateway(
  redisUrl: string,
  rules: Partial<GatewayRules> = {},
  port = 0,
): Promise<GatewayProcess> {
  const log = pino({ level: process.env.TEST_LOG ?? 'silent' });
  const redis = connectRedis(redisUrl);
  const bus = new Bus(redis);
  const telemetry = new TelemetryHub();
  const authenticator = accounts(redis);
  const gateway = new Gateway({
    redis,
    bus,
    telemetry,
    log,
    accounts: authenticator,
    rules: { ...GATEWAY_RULES, ...rules },
    places: places(redis),
    sessions: {
      async good(ids) {
        const found = ids.length === 0 ? [] : await redis.hmget(SESSIONS, ...ids);
        return new Map(ids.flatMap((id, at) => (found[at] ? [[id, JSON.parse(found[at]) as Who]] : [])));
      },
    },
    tickets: tickets(redis, bus),
    lines: {
      async request(_instance, { type, data }) {
        if (type === 'interaction:stand:v1:requested') return { accepted: true };
        return { refused: data.includes('body:404') ? 'lost' : 'not_offered' };
      },
    },
    worlds: {
      maySee: async (_world, who) => who.account.name !== 'Nosy',
      mayManage: async (_world, who) => who.account.name === 'Owner',
    },
  });
  const app = server({ loggerInstance: log });
  await app.register(websocket, webSockets(GATEWAY_RULES.frameBytes));
  gatewayRoutes(app, { gateway, who: whoAsks(authenticator) });
  await app.listen({ host: '127.0.0.1', port });
  return {
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    gateway,
    telemetry,
    async close() {
      await gateway.close();
      await app.close();
      bus.close();
      redis.disconnect();
    },
  };
}

if (import.meta.main) {
  const { REDIS_URL = '', PORT = '0', RULES = '{}' } = process.env;
  const { url } = await startGateway(REDIS_URL, JSON.parse(RULES), Number(PORT));
  process.stdout.write(`${url}\n`);
  process.on('message', () => {
    globalThis.gc?.();
    process.send?.(process.memoryUsage());
  });
}
