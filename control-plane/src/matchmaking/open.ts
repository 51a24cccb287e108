// Opening instances for a world: a Ready one of the fleet is Allocated, given the world and waited for until it can be
// joined. One process at a time does so for a world, under a lock in Redis that it renews while it lives. The lock is
// given only to whoever has counted all openings before it, so that two who saw the same need do not both open. A
// process that dies leaves a lock that runs out, and at worst an instance without a world, which is shut down as idle.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Redis } from 'ioredis';
import type { FleetProvider } from '../fleet/provider.ts';
import type { Directory } from '../instances/directory.ts';
import type { Lines } from '../instances/lines.ts';
import { worldRef } from '../worlds/reference.ts';
import type { World } from '../worlds/world.ts';
import { type TicketScripts, ticketScripts } from './scripts.ts';

const LOCK_MS = 10_000;
/** After a fleet that had none to give, or an instance that failed, the next try comes so much later. */
const AGAIN_MS = 1_000;
/** How long a GameServer that was allocated may take to be seen on its line, and one that listens in the directory. */
const SEEN_MS = 5_000;
/** The label by which an instance tells its fleet what it speaks; the SDK puts its own prefix in front. */
const PROTOCOL_LABEL = 'agones.dev/sdk-protocol-hash';
/** The directory's pictures are no older than this. */
const PICTURE_MS = 150;

export interface OpenContext {
  readonly fleet: FleetProvider;
  readonly directory: Directory;
  readonly lines: Lines;
  readonly redis: Redis;
  readonly publicUrl: string;
  readonly log: FastifyBaseLogger;
}

/** What is known of a world's openings before its instances are looked at. */
export interface Openings {
  readonly counted: string;
  /** Instances that are being opened now; undefined: nobody is opening. */
  readonly coming: number | undefined;
}

/** What an instance has to speak; undefined: nobody minds. */
type Protocol = string | undefined;

export class Opener {
  readonly #context: OpenContext;
  readonly #scripts: TicketScripts;
  readonly #running = new Set<Promise<void>>();

  constructor(context: OpenContext) {
    this.#context = context;
    this.#scripts = ticketScripts(context.redis);
  }

  /** Waits for what this process is opening. */
  async close(): Promise<void> {
    await Promise.all(this.#running);
  }

  async look(world: string): Promise<Openings> {
    const [counted, coming] = (await this.#scripts.openings(world)) as [string, number];
    return { counted, coming: coming < 0 ? undefined : coming };
  }

  /**
   * Opens one instance for each of the protocols. True when this process opens them now; `done` is called when they can
   * be joined, or cannot.
   */
  async open(
    world: World,
    protocols: readonly Protocol[],
    seen: Openings,
    done: () => void,
  ): Promise<boolean> {
    const token = randomUUID();
    const { length } = protocols;
    if ((await this.#scripts.lock(world.id, token, LOCK_MS, seen.counted, length)) !== 1) return false;
    const running = this.#open(world, protocols, token)
      .catch((error: unknown) => this.#context.log.warn({ err: error, world: world.id }, 'opening failed'))
      .finally(() => {
        this.#running.delete(running);
        done();
      });
    this.#running.add(running);
    return true;
  }

  async #open(world: World, protocols: readonly Protocol[], token: string): Promise<void> {
    const count = protocols.length;
    const renewing = setInterval(() => {
      void this.#scripts.hold(world.id, token, LOCK_MS, count).catch(() => {});
    }, LOCK_MS / 4);
    try {
      const opened = await Promise.all(protocols.map((protocol) => this.#tryOne(world, protocol)));
      const failed = opened.filter((one) => !one).length;
      clearInterval(renewing);
      if (failed < count) {
        await sleep(PICTURE_MS);
        await this.#scripts.unlock(world.id, token);
      }
      // None came: the lock is left to run out, so that the fleet is not asked again at once.
      else await this.#scripts.hold(world.id, token, AGAIN_MS, 0);
    } finally {
      clearInterval(renewing);
    }
  }

  async #tryOne(world: World, protocol: Protocol): Promise<boolean> {
    try {
      return await this.#one(world, protocol);
    } catch (error) {
      this.#context.log.warn({ err: error, world: world.id }, 'an instance could not be opened');
      return false;
    }
  }

  /** False when the fleet has none to give, or the one it gave does not come to be joined. */
  async #one(world: World, protocol: Protocol): Promise<boolean> {
    const { fleet, directory, lines, publicUrl, log } = this.#context;
    // A Ready one that has no line to us yet would be Allocated in vain.
    const isWaiting = (await directory.all()).some(({ state, reachable }) => state === 'Ready' && reachable);
    // Two builds may run side by side: one that speaks with those who wait comes first.
    const speaks = protocol === undefined ? {} : { matchLabels: { [PROTOCOL_LABEL]: protocol } };
    const wanted = [speaks, {}];
    const gameServer = isWaiting ? await fleet.allocate(wanted) : undefined;
    if (gameServer === undefined) return false;
    const { name } = gameServer;
    const begun = performance.now();
    const ref = worldRef({ id: world.id, sha256: world.scene }, publicUrl);
    const answer = await lines.assign(name, ref, world.capacity, world.tickRateHz);
    const isSeen =
      answer === 'listening' &&
      (await within(SEEN_MS, async () => (await directory.get(name))?.listening === true));
    log.info(
      { instance: name, world: world.id, answer, isSeen, ms: performance.now() - begun },
      'instance opened',
    );
    if (isSeen) return true;
    await fleet.remove(name);
    return false;
  }
}

async function within(ms: number, isSo: () => Promise<boolean>): Promise<boolean> {
  for (const deadline = performance.now() + ms; performance.now() < deadline; await sleep(25)) {
    if (await isSo()) return true;
  }
  return false;
}
