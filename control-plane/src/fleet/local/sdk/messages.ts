// Our GameServer as the messages of Agones' SDK.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { CounterSchema, ListSchema } from '../../../../../proto/gen/agones/beta_pb.js';
import { GameServerSchema } from '../../../../../proto/gen/agones/sdk_pb.js';
import type { Counter, List } from '../../game-server.ts';
import type { GameServerRecord } from '../game-server.ts';

const seconds = (ms: number) => Math.round(ms / 1000);

export function gameServerMessage(record: GameServerRecord) {
  const init: MessageInitShape<typeof GameServerSchema> = {
    objectMeta: {
      name: record.name,
      namespace: 'default',
      uid: record.uid,
      resourceVersion: String(record.version),
      generation: BigInt(record.version),
      creationTimestamp: BigInt(seconds(record.createdAt)),
      annotations: { ...record.annotations },
      labels: { ...record.labels },
    },
    spec: {
      health: {
        disabled: record.health.disabled,
        periodSeconds: seconds(record.health.periodMs),
        failureThreshold: record.health.failureThreshold,
        initialDelaySeconds: seconds(record.health.initialDelayMs),
      },
    },
    status: {
      state: record.state.name,
      address: record.address,
      addresses: [{ type: 'InternalIP', address: record.address }],
      ports: record.ports.map((port) => ({ ...port })),
      counters: mapValues(record.counters, ({ count, capacity }) => ({
        count: BigInt(count),
        capacity: BigInt(capacity),
      })),
      lists: mapValues(record.lists, ({ capacity, values }) => ({
        capacity: BigInt(capacity),
        values: [...values],
      })),
    },
  };
  return create(GameServerSchema, init);
}

export function counterMessage(name: string, counter: Counter) {
  return create(CounterSchema, { name, count: BigInt(counter.count), capacity: BigInt(counter.capacity) });
}

export function listMessage(name: string, list: List) {
  return create(ListSchema, { name, capacity: BigInt(list.capacity), values: [...list.values] });
}

function mapValues<V, W>(object: Readonly<Record<string, V>>, change: (value: V) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
