// The Agones SDK of one GameServer: the one implementation behind its gRPC side and its REST side. It changes the
// GameServer and nothing else; the process, the fleet and the deadlines watch the GameServer.
//
// Player tracking (alpha) is off, as it is in Agones unless a feature gate opens it; counters and lists are what
// it became.
import { Code, ConnectError, type ConnectRouter, type ServiceImpl } from '@connectrpc/connect';
import { SDK as AlphaSdk } from '../../../../../proto/gen/agones/alpha_pb.js';
import { SDK as BetaSdk } from '../../../../../proto/gen/agones/beta_pb.js';
import { SDK } from '../../../../../proto/gen/agones/sdk_pb.js';
import {
  addListValue,
  Refusal,
  type RefusalCause,
  removeListValue,
  updateCounter,
  updateList,
} from '../counts.ts';
import type { GameServer } from '../game-server.ts';
import type { HealthMonitor } from '../health.ts';
import { ReserveTimer } from '../reserve-timer.ts';
import { counterMessage, gameServerMessage, listMessage } from './messages.ts';

/** Labels and annotations set through the SDK carry it, so that a server cannot overwrite anybody else's. */
const METADATA_PREFIX = 'agones.dev/sdk-';

export function sdkRoutes(server: GameServer, health: HealthMonitor): (router: ConnectRouter) => void {
  return (router) => {
    router.service(SDK, stable(server, health));
    router.service(BetaSdk, countsAndLists(server));
    router.service(AlphaSdk, playerTracking());
  };
}

function stable(server: GameServer, health: HealthMonitor): ServiceImpl<typeof SDK> {
  const reserved = new ReserveTimer(server);
  return {
    ready() {
      reserved.stop();
      server.apply({ type: 'ready' });
      return {};
    },
    allocate() {
      reserved.stop();
      if (server.apply({ type: 'allocate' })) server.update(lastAllocated(server));
      return {};
    },
    reserve({ seconds }) {
      reserved.start(Number(seconds));
      return {};
    },
    shutdown() {
      reserved.stop();
      server.apply({ type: 'shutdown', reason: 'asked for by its SDK' });
      return {};
    },
    async health(pings) {
      for await (const _ping of pings) health.ping();
      return {};
    },
    getGameServer() {
      return gameServerMessage(server.record);
    },
    async *watchGameServer(_request, context) {
      for await (const record of server.watch(context.signal)) yield gameServerMessage(record);
    },
    setLabel({ key, value }) {
      server.update({ labels: { ...server.record.labels, [METADATA_PREFIX + key]: value } });
      return {};
    },
    setAnnotation({ key, value }) {
      server.update({ annotations: { ...server.record.annotations, [METADATA_PREFIX + key]: value } });
      return {};
    },
  };
}

/** The annotation that Agones leaves at an allocation, whoever asks for it. */
export function lastAllocated(server: GameServer) {
  const annotations = { ...server.record.annotations, 'agones.dev/last-allocated': new Date().toISOString() };
  return { annotations };
}

function countsAndLists(server: GameServer): ServiceImpl<typeof BetaSdk> {
  const changeList = (
    name: string,
    change: (list: ReturnType<typeof listOf>) => ReturnType<typeof listOf>,
  ) => {
    const list = refusing(() => change(listOf(server, name)));
    server.update({ lists: { ...server.record.lists, [name]: list } });
    return listMessage(name, list);
  };
  return {
    getCounter({ name }) {
      return counterMessage(
        name,
        refusing(() => counterOf(server, name)),
      );
    },
    updateCounter({ counterUpdateRequest: request }) {
      if (request === undefined) throw asConnectError(new Refusal('invalidArgument', 'nothing to update'));
      const counter = refusing(() =>
        updateCounter(counterOf(server, request.name), {
          diff: Number(request.countDiff),
          count: optionalNumber(request.count),
          capacity: optionalNumber(request.capacity),
        }),
      );
      server.update({ counters: { ...server.record.counters, [request.name]: counter } });
      return counterMessage(request.name, counter);
    },
    getList({ name }) {
      return listMessage(
        name,
        refusing(() => listOf(server, name)),
      );
    },
    updateList({ list: wanted, updateMask }) {
      if (wanted === undefined || updateMask === undefined) {
        throw asConnectError(
          new Refusal('invalidArgument', 'invalid argument. List and UpdateMask cannot be nil'),
        );
      }
      const { capacity, values } = wanted;
      return changeList(wanted.name, (list) =>
        updateList(list, { fields: updateMask.paths, capacity: Number(capacity), values }),
      );
    },
    addListValue({ name, value }) {
      return changeList(name, (list) => addListValue(list, value));
    },
    removeListValue({ name, value }) {
      return changeList(name, (list) => removeListValue(list, value));
    },
  };
}

function playerTracking(): ServiceImpl<typeof AlphaSdk> {
  const off = () => {
    throw new ConnectError('PlayerTracking not enabled', Code.Unknown);
  };
  return {
    playerConnect: off,
    playerDisconnect: off,
    setPlayerCapacity: off,
    getPlayerCapacity: off,
    getPlayerCount: off,
    isPlayerConnected: off,
    getConnectedPlayers: off,
  };
}

function counterOf(server: GameServer, name: string) {
  const counter = Object.hasOwn(server.record.counters, name) ? server.record.counters[name] : undefined;
  if (counter === undefined) throw new Refusal('notFound', `counter not found: ${name}`);
  return counter;
}

function listOf(server: GameServer, name: string) {
  const list = Object.hasOwn(server.record.lists, name) ? server.record.lists[name] : undefined;
  if (list === undefined) throw new Refusal('notFound', `list not found: ${name}`);
  return list;
}

/** protobuf-es hands out a wrapped Int64Value as the bigint itself. */
function optionalNumber(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

const CODES: Record<RefusalCause, Code> = {
  notFound: Code.NotFound,
  outOfRange: Code.OutOfRange,
  alreadyExists: Code.AlreadyExists,
  invalidArgument: Code.InvalidArgument,
};

function asConnectError(refusal: Refusal): ConnectError {
  return new ConnectError(refusal.message, CODES[refusal.reason]);
}

function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof Refusal ? asConnectError(error) : error;
  }
}
