// What an instance says, one message at a time. Unknown messages of a newer instance are skipped, as the contract
// wants.
import type { FastifyBaseLogger } from 'fastify';
import type { InstanceMessage } from '../../../proto/gen/otherworld/instance/v1/instance_pb.js';
import type { Instance } from './instance.ts';
import type { Line } from './line.ts';
import { loaded, vitals } from './messages.ts';
import type { InstanceRegistry } from './registry.ts';
import type { TelemetryHub } from './telemetry.ts';

interface Ears {
  readonly registry: InstanceRegistry;
  readonly telemetry: TelemetryHub;
  readonly log: FastifyBaseLogger;
}

export function hear(
  { message }: InstanceMessage,
  instance: Instance,
  line: Line,
  { registry, telemetry, log }: Ears,
): void {
  switch (message.case) {
    case 'listening':
      instance.loaded = loaded(message.value);
      instance.link = { state: 'listening', line };
      registry.changed(instance);
      return;
    case 'heartbeat':
      line.beat();
      instance.vitals = vitals(message.value, instance.vitals, performance.now());
      registry.changed(instance);
      return;
    case 'telemetry': {
      const { tick, players, bodies } = message.value;
      telemetry.publish(instance.name, tick, players, bodies);
      return;
    }
    case 'seatAnswer': {
      const { id, answer } = message.value;
      if (answer.case === 'accepted') registry.answerSeat(instance, id, 'accepted');
      if (answer.case === 'refused') {
        if (answer.value.cause === 'draining') instance.draining = true;
        registry.answerSeat(instance, id, { refused: answer.value.cause });
      }
      return;
    }
    case 'playerJoined':
      registry.seatConnected(instance, message.value.seat);
      return;
    case 'playerLeft':
      registry.seatLeft(instance, message.value.seat, message.value.cause);
      return;
    case 'failed':
      log.error({ instance: instance.name, problem: message.value.problem }, 'the instance ends in error');
      instance.failure = message.value.problem;
      registry.changed(instance);
      return;
    case 'eventAnswer': {
      const { id, answer } = message.value;
      if (answer.case !== undefined)
        registry.answerRequest(id, answer.case === 'accepted' ? 'accepted' : { refused: answer.value.cause });
      return;
    }
    case 'event':
      registry.happened(instance, message.value);
      return;
    case 'register': // said once, at the start
    case undefined:
      return;
    default:
      message satisfies never;
  }
}
