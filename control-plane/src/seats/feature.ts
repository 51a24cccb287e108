// Seats and instances of one process, put together: what routes and other features are handed, and what must be closed.
import { randomUUID } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import type { Redis } from 'ioredis';
import type { Bus } from '../bus.ts';
import type { FleetProvider } from '../fleet/provider.ts';
import { Directory } from '../instances/directory.ts';
import { publishEvents } from '../instances/events.ts';
import { Idle } from '../instances/idle.ts';
import { Lines } from '../instances/lines.ts';
import { Orders } from '../instances/orders.ts';
import { Publisher } from '../instances/publisher.ts';
import type { InstanceRegistry } from '../instances/registry.ts';
import type { TelemetryHub } from '../instances/telemetry.ts';
import { Watching } from '../instances/watching.ts';
import { SeatScripts } from './scripts.ts';
import { type OfferRules, Seats } from './seats.ts';

export interface SeatsDeps {
  readonly redis: Redis;
  readonly bus: Bus;
  readonly registry: InstanceRegistry;
  readonly telemetry: TelemetryHub;
  readonly masterKey: Uint8Array;
  /** Where players reach the relay. */
  readonly relayUrl?: string | undefined;
  readonly fleet: FleetProvider;
  readonly rules: OfferRules;
  /** How long an allocated instance may be empty (unit: milliseconds). */
  readonly idleMs: number;
  readonly log: FastifyBaseLogger;
}

export interface SeatsFeature {
  readonly scripts: SeatScripts;
  readonly publisher: Publisher;
  readonly lines: Lines;
  readonly directory: Directory;
  readonly seats: Seats;
  close(): void;
}

export function startSeats(deps: SeatsDeps): SeatsFeature {
  const { redis, bus, registry, telemetry, fleet, masterKey, relayUrl, rules, idleMs, log } = deps;
  const scripts = new SeatScripts(redis);
  const publisher: Publisher = new Publisher({
    scripts,
    bus,
    registry,
    log,
    onReplaced: (instance, seat) => void seats.end(instance, seat),
  });
  const orders = new Orders(registry, (instance, seat) => publisher.held(instance, seat));
  const lines = new Lines({ bus, registry, orders });
  const directory = new Directory({ scripts, registry, bus });
  const seats: Seats = new Seats({ scripts, lines, directory, masterKey, relayUrl, rules });
  const stopEvents = publishEvents(registry, bus);
  const watching = new Watching({ bus, hub: telemetry, registry, process: randomUUID() });
  const idle = new Idle({ registry, publisher, fleet, idleMs, log });
  return {
    scripts,
    publisher,
    lines,
    directory,
    seats,
    close() {
      idle.close();
      watching.close();
      stopEvents();
      lines.close();
      publisher.close();
    },
  };
}
