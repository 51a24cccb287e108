// The server's side of `proto/otherworld/instance/v1`: one stream an instance. Register is proved to the fleet,
// answered with the key, and from then on the instance is heard and spoken to until the stream ends, whoever ends it.
import { isIP } from 'node:net';
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import type { FastifyBaseLogger } from 'fastify';
import {
  type InstanceMessage,
  InstanceService,
  type Register,
} from '../../../proto/gen/otherworld/instance/v1/instance_pb.js';
import { type FleetProvider, FleetUnavailable } from '../fleet/provider.ts';
import { hear } from './hear.ts';
import { type Endpoint, type Instance, lineOf } from './instance.ts';
import { instanceKey } from './keys.ts';
import { Line } from './line.ts';
import { assignment, heldSeats, type Outgoing, outgoing, registration } from './messages.ts';
import type { InstanceRegistry } from './registry.ts';
import type { TelemetryHub } from './telemetry.ts';

export interface InstanceRules {
  readonly heartbeatIntervalMs: number;
  /** Silence after which an instance counts as lost. */
  readonly heartbeatDeadlineMs: number;
  readonly telemetryIntervalMs: number;
}

export interface InstanceContext {
  readonly fleet: FleetProvider;
  readonly registry: InstanceRegistry;
  readonly telemetry: TelemetryHub;
  readonly masterKey: Uint8Array;
  readonly rules: InstanceRules;
  readonly log: FastifyBaseLogger;
}

/** Time to say the first word. */
const REGISTER_DEADLINE_MS = 10_000;

export function instanceRoutes(context: InstanceContext): (router: ConnectRouter) => void {
  return (router) => {
    router.service(InstanceService, {
      connect: (messages, { signal }) => converse(messages[Symbol.asyncIterator](), signal, context),
    });
  };
}

async function* converse(
  messages: AsyncIterator<InstanceMessage>,
  over: AbortSignal,
  context: InstanceContext,
): AsyncGenerator<Outgoing, void> {
  const register = await firstWord(messages);
  await authenticate(register, context.fleet);
  const { line, instance } = admit(register, context);
  over.addEventListener('abort', () => line.end(Code.Unavailable, 'the stream broke off'));
  void listen(messages, line, instance, context);
  try {
    yield welcome(register, context);
    yield* line.messages();
  } finally {
    line.end(Code.Unavailable, 'the instance hung up');
  }
}

async function firstWord(messages: AsyncIterator<InstanceMessage>): Promise<Register> {
  const signal = AbortSignal.timeout(REGISTER_DEADLINE_MS);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () =>
      reject(new ConnectError('no Register in time', Code.DeadlineExceeded)),
    );
  });
  const { value, done } = await Promise.race([messages.next(), late]);
  if (done || value.message.case !== 'register') {
    throw new ConnectError('the first message must be Register', Code.FailedPrecondition);
  }
  const { name, uid, protocolHash, endpoints } = value.message.value;
  if (
    name === '' ||
    uid === '' ||
    protocolHash === 0n ||
    endpoints.length === 0 ||
    !endpoints.every(isReachable)
  ) {
    throw new ConnectError(
      'Register lacks name, uid, protocol hash or usable endpoints',
      Code.InvalidArgument,
    );
  }
  return value.message.value;
}

/** Connect tokens carry IP addresses, no names. */
function isReachable({ address, port }: Endpoint): boolean {
  return isIP(address) !== 0 && port > 0 && port < 65_536;
}

async function authenticate(register: Register, fleet: FleetProvider): Promise<void> {
  try {
    const identity = await fleet.identify(register.credential);
    if (identity?.name === register.name && identity.uid === register.uid) return;
  } catch (error) {
    if (!(error instanceof FleetUnavailable)) throw error;
    // Nobody is refused for good because the fleet is away: the instance dials again.
    throw new ConnectError('the fleet cannot be asked who this is', Code.Unavailable);
  }
  throw new ConnectError(`the credential is not that of ${register.name}`, Code.Unauthenticated);
}

function admit(register: Register, context: InstanceContext): { line: Line; instance: Instance } {
  const { registry, telemetry, rules, log } = context;
  const { name } = register;
  const known = registry.get(name);
  const older = known && lineOf(known);
  const line: Line = new Line(name, rules.heartbeatDeadlineMs, (code, reason) => {
    log[code === Code.Unavailable ? 'info' : 'warn'](
      { instance: name, reason },
      'line to the instance ended',
    );
    registry.unregister(line, reason);
    telemetry.forget(name);
  });
  const assigned = assignment(register);
  registry.register(name, registration(register), assigned, heldSeats(register), line);
  older?.end(Code.AlreadyExists, 'a newer line of the same instance took over');
  log.info(
    { instance: name, seats: register.seats.length, world: assigned?.world.id },
    'instance registered',
  );
  return { line, instance: registry.get(name) as Instance };
}

function welcome(register: Register, { masterKey, rules }: InstanceContext): Outgoing {
  return outgoing({
    case: 'registered',
    value: {
      key: instanceKey(masterKey, register.uid),
      heartbeatIntervalMs: rules.heartbeatIntervalMs,
      telemetryIntervalMs: rules.telemetryIntervalMs,
    },
  });
}

async function listen(
  messages: AsyncIterator<InstanceMessage>,
  line: Line,
  instance: Instance,
  context: InstanceContext,
): Promise<void> {
  try {
    for (;;) {
      const { value, done } = await messages.next();
      if (done || !line.isOpen) break;
      hear(value, instance, line, context);
    }
    line.end(Code.Unavailable, 'the instance hung up');
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    if (code === Code.ResourceExhausted) line.end(code, rawMessage);
    else line.end(Code.Unavailable, 'the stream broke off');
  }
}
