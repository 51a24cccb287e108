// The gateway of one process, put together from what the other features lend it.
import type { FastifyBaseLogger } from 'fastify';
import type { Redis } from 'ioredis';
import type { Authenticator } from '../accounts/who.ts';
import type { Bus } from '../bus.ts';
import type { Lines } from '../instances/lines.ts';
import type { TelemetryHub } from '../instances/telemetry.ts';
import type { Tickets } from '../matchmaking/tickets.ts';
import type { Db } from '../persistence/connect.ts';
import type { SeatScripts } from '../seats/scripts.ts';
import type { Worlds } from '../worlds/worlds.ts';
import { Gateway } from './gateway.ts';
import { placesOf } from './places.ts';
import { GATEWAY_RULES, type GatewayRules } from './rules.ts';
import { sessionsIn } from './sessions.ts';
import { worldRights } from './world-rights.ts';

export interface GatewayDeps {
  readonly db: Db;
  readonly redis: Redis;
  readonly bus: Bus;
  readonly accounts: Authenticator;
  readonly scripts: SeatScripts;
  readonly lines: Lines;
  readonly tickets: Tickets;
  readonly worlds: Worlds;
  readonly telemetry: TelemetryHub;
  readonly rules?: GatewayRules;
  readonly log: FastifyBaseLogger;
}

export function startGateway({ db, scripts, worlds, rules, ...rest }: GatewayDeps): Gateway {
  return new Gateway({
    ...rest,
    places: placesOf(scripts),
    sessions: sessionsIn(db),
    worlds: worldRights(worlds),
    rules: rules ?? GATEWAY_RULES,
  });
}
