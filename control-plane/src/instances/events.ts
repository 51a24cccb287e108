// What instances say about their players and their worlds, for whoever in the control plane wants to know: one channel for
// each instance, published by the holder of its line.
import type { Bus } from '../bus.ts';
import type { InstanceRegistry, News } from './registry.ts';

export const eventsOf = (instance: string) => `ow:instance-events:${instance}`;

export type InstanceEvent =
  | { readonly type: 'joined'; readonly seat: string; readonly account: string; readonly name: string }
  | {
      readonly type: 'left';
      readonly seat: string;
      readonly account: string;
      readonly name: string;
      /** As the contract's PlayerLeft has it. */
      readonly cause: string;
    }
  | {
      readonly type: 'event';
      /** "environment:weather:v1:stream" */
      readonly event: string;
      /** JSON */
      readonly data: string;
      /** Whom it is for; "0": everybody inside. */
      readonly seat: string;
    };

/** Returns the way to stop. */
export function publishEvents(registry: InstanceRegistry, bus: Bus): () => void {
  return registry.onNews((instance, news) => {
    const event = toEvent(news);
    // Nobody plays by these: one that is lost with Redis is made good by presence, which asks again.
    if (event !== undefined) void bus.publish(eventsOf(instance.name), event).catch(() => {});
  });
}

function toEvent(news: News): InstanceEvent | undefined {
  switch (news.type) {
    case 'connected':
    case 'left': {
      const { id, user, name } = news.seat;
      const who = { seat: String(id), account: user, name };
      return news.type === 'left' ? { type: 'left', ...who, cause: news.cause } : { type: 'joined', ...who };
    }
    case 'event': {
      const { type: event, data, seat } = news.event;
      return { type: 'event', event, data, seat: String(seat) };
    }
    case 'registered':
    case 'lost':
    case 'changed':
      return undefined;
    default:
      return news satisfies never;
  }
}
