// Ends the instances of worlds that are gone. Whoever removes a world says so on a channel and each process ends those whose lines
// it holds. The database has the last word: what was not heard, because Redis was away or the instance was just being
// opened, is found there a few seconds later.
import type { FastifyBaseLogger } from 'fastify';
import type { Bus } from '../bus.ts';
import { every, type Routine } from '../every.ts';
import { type Instance, lineOf } from '../instances/instance.ts';
import type { Line } from '../instances/line.ts';
import { outgoing } from '../instances/messages.ts';
import type { InstanceRegistry } from '../instances/registry.ts';
import type { Db } from '../persistence/connect.ts';

export const WORLD_REMOVED = 'ow:world-removed';

/** What is said on the channel. */
export interface WorldRemoved {
  readonly world: string;
}

export interface ReapContext {
  readonly db: Db;
  readonly bus: Bus;
  readonly registry: InstanceRegistry;
  readonly log: FastifyBaseLogger;
}

const PERIOD_MS = 5_000;
/** For goodbyes. */
const GRACE_MS = 5_000;

export class WorldReaper {
  readonly #context: ReapContext;
  readonly #told = new WeakSet<Line>();
  readonly #stopHearing: () => void;
  readonly #routine: Routine;

  constructor(context: ReapContext, periodMs = PERIOD_MS) {
    this.#context = context;
    const { bus, log } = context;
    this.#stopHearing = bus.subscribe(WORLD_REMOVED, ({ world }: WorldRemoved) =>
      this.#end(new Set([world])),
    );
    const failure = 'it cannot be read which worlds are gone; trying again every few seconds';
    this.#routine = every(periodMs, () => this.#look(), { log, failure });
  }

  close(): Promise<void> {
    this.#stopHearing();
    return this.#routine.stop();
  }

  async #look(): Promise<void> {
    const running = new Set(this.#running().map(({ assignment }) => assignment?.world.id ?? ''));
    if (running.size === 0) return;
    const found = await this.#context.db.world.findMany({
      where: { id: { in: [...running] } },
      select: { id: true },
    });
    for (const { id } of found) running.delete(id);
    this.#end(running);
  }

  #running(): Instance[] {
    return this.#context.registry
      .all()
      .filter((instance) => lineOf(instance) !== undefined && instance.assignment !== undefined);
  }

  #end(gone: ReadonlySet<string>): void {
    for (const instance of this.#running()) {
      const line = lineOf(instance);
      if (line === undefined || this.#told.has(line) || !gone.has(instance.assignment?.world.id ?? ''))
        continue;
      this.#told.add(line);
      line.send(outgoing({ case: 'shutdown', value: { graceMs: GRACE_MS } }));
      this.#context.log.info({ instance: instance.name }, 'its world is gone; it ends');
    }
  }
}
