// A process that holds the lines of some instances, as a control plane does. Started by `fork`; says what its instances
// have seen when it is asked.
import { Bus } from '../src/bus.ts';
import { Lines } from '../src/instances/lines.ts';
import { Orders } from '../src/instances/orders.ts';
import { Publisher } from '../src/instances/publisher.ts';
import { InstanceRegistry } from '../src/instances/registry.ts';
import { connectRedis } from '../src/redis.ts';
import { SeatScripts } from '../src/seats/scripts.ts';
import { LineInstance } from './line-instance.ts';
import { quiet } from './supervisor-fixture.ts';

export interface HolderTask {
  readonly redisUrl: string;
  readonly instances: readonly string[];
  /** As it is written in Redis. */
  readonly capacity: number;
  /** Seats that the instances themselves would give; more than `capacity` when only Redis is to hold the line. */
  readonly rulesCapacity: number;
  readonly keepMs: number;
}

export interface HolderReport {
  readonly name: string;
  readonly most: number;
  readonly accepted: number;
  readonly refused: number;
  readonly doubles: number;
  readonly held: readonly string[];
}

process.once('message', async ({ redisUrl, instances, capacity, rulesCapacity, keepMs }: HolderTask) => {
  const redis = connectRedis(redisUrl);
  const bus = new Bus(redis);
  const scripts = new SeatScripts(redis);
  const registry = new InstanceRegistry();
  const publisher: Publisher = new Publisher({
    scripts,
    bus,
    registry,
    log: quiet,
    onReplaced: (instance, seat) => void lines.kick(instance, seat, 'elsewhere'),
  });
  const orders = new Orders(registry, (instance, seat) => publisher.held(instance, seat));
  const lines = new Lines({ bus, registry, orders });
  const made = instances.map((name) => new LineInstance(registry, name, { capacity, rulesCapacity, keepMs }));
  await bus.subscribed();
  process.on('message', () => {
    const reports: HolderReport[] = made.map(({ name, rules }) => ({
      name,
      most: rules.most,
      accepted: rules.accepted,
      refused: rules.refused,
      doubles: rules.doubles,
      held: [...rules.held.keys()].map(String),
    }));
    process.send?.(reports);
  });
  process.send?.('ready');
});
process.once('disconnect', () => process.exit());
