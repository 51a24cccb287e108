// Whether every bot kept its body: one entity for all of its samples, which the truth knows in every tick between them.
import type { Truth } from './truth.ts';
import type { Sample } from './views.ts';

type Kept = { entity: number; firstTick: number; lastTick: number; others: Set<number> };

export class OwnBodies {
  readonly #kept = new Map<number, Kept>();
  readonly #truth: Truth;

  constructor(truth: Truth) {
    this.#truth = truth;
  }

  add({ bot, own, unixUs }: Sample): void {
    const tick = this.#truth.times.tickAt(unixUs);
    const kept = this.#kept.get(bot) ?? { entity: own, firstTick: tick, lastTick: tick, others: new Set() };
    this.#kept.set(bot, kept);
    if (own !== kept.entity) kept.others.add(own);
    kept.lastTick = tick;
  }

  /** One sentence for each bot that did not. */
  lost(): string[] {
    return [...this.#kept].flatMap(([bot, { entity, firstTick, lastTick, others }]) => {
      const name = `bot ${bot + 1}`;
      if (others.size > 0) return [`${name} had ${1 + others.size} bodies`];
      const track = this.#truth.players.get(entity);
      if (!track) return [`the body of ${name} was never there`];
      const isWhole = track.lastTick - track.firstTick === track.count - 1;
      // The tick of a moment is known to a few milliseconds, and the file may end a little before the bots do.
      const isThere = track.firstTick <= firstTick + 2 && track.lastTick >= lastTick - 60;
      return isWhole && isThere ? [] : [`the body of ${name} was gone for a while`];
    });
  }
}
