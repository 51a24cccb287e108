// The worlds that there are. Everything that is not for the caller's eyes answers as unknown, and every change is an
// entry in the audit log of the same transaction.
//
// Instances are not told of changes. New ones take the settings as they are then; who may enter is asked for each
// ticket; those inside stay. A world that is gone takes its instances with it (reap.ts).
import { Prisma } from '../../../prisma/gen/client.ts';
import { ApiError } from '../errors.ts';
import { audit } from '../moderation/audit.ts';
import type { Db, Tx } from '../persistence/connect.ts';
import { transaction } from '../persistence/transaction.ts';
import { Recent } from '../recent.ts';
import { mayEnter, mayManage, maySee, seen, type Visitor } from './enter.ts';
import type { Scene, SceneCatalog } from './scenes.ts';
import { PLAZA_ID } from './seed.ts';
import { isUuid, type NewWorld, type WorldChange } from './settings.ts';
import { etagOf, fold, folded, selected, type World } from './world.ts';

const MAX_WORLDS_PER_OWNER = 100;
const DOOR_MS = 1_000;

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface Ask {
  readonly limit: number;
  /** Slug of the last one on the page before. */
  readonly cursor?: string | undefined;
  /** Part of a name, slug or description, in any case. */
  readonly text?: string | undefined;
}

export class Worlds {
  readonly #db: Db;
  readonly #scenes: SceneCatalog;
  /** For those who want in; an older setting holds for them so long. */
  readonly #doors = new Recent<string, World | undefined>(DOOR_MS);

  constructor(db: Db, scenes: SceneCatalog) {
    this.#db = db;
    this.#scenes = scenes;
  }

  byId(id: string): Promise<World | undefined> {
    return find(this.#db, { id });
  }

  bySlug(slug: string): Promise<World | undefined> {
    return find(this.#db, { slug });
  }

  /** The world at an address, for somebody who may see it. */
  async visit(address: string, who: Visitor | undefined): Promise<World> {
    return (await look(this.#db, address, who)).world;
  }

  /** The world at an address, for somebody who wants in. */
  async enter(address: string, who: Visitor): Promise<World> {
    const { world, isMember } = await this.#door(address, who);
    if (!mayEnter(world, who, isMember)) throw new ApiError('OW_ERR_ACCOUNT_NEEDED');
    if (this.#scenes.bySha256(world.scene) === undefined) throw new ApiError('OW_ERR_SCENE_GONE');
    return world;
  }

  /** In the order of their slugs. */
  async list(ask: Ask, who: Visitor | undefined): Promise<Page<World>> {
    const after = ask.cursor === undefined ? {} : { slug: { gt: ask.cursor } };
    const found = await this.#db.world.findMany({
      where: { AND: [seen(who), after, matching(ask.text)] },
      orderBy: { slug: 'asc' },
      take: ask.limit + 1,
      select: selected,
    });
    const items = found.slice(0, ask.limit);
    return { items, next: found.length > ask.limit ? (items.at(-1)?.slug ?? null) : null };
  }

  async create(settings: NewWorld, who: Visitor): Promise<World> {
    const { id: ownerId } = who.account;
    const scene = this.#scene(settings.scene).sha256;
    const data = { ...settings, ownerId, scene, folded: folded(settings) };
    requireTickRate(settings.tickRateHz);
    try {
      return await transaction(this.#db, async (tx) => {
        const owned = await tx.world.count({ where: { ownerId } });
        if (owned >= MAX_WORLDS_PER_OWNER) throw new ApiError('OW_ERR_TOO_MANY_WORLDS');
        const world = await tx.world.create({ data, select: selected });
        await audit(tx, {
          actor: ownerId,
          action: 'world.create',
          target: world.id,
          detail: { ...settings },
        });
        return world;
      });
    } catch (error) {
      if (isTaken(error)) throw new ApiError('OW_ERR_SLUG_TAKEN');
      throw error;
    }
  }

  /** Changes what is named and nothing else. With `expected`, only if the settings are still those of that tag. */
  async update(address: string, change: WorldChange, who: Visitor, expected?: string): Promise<World> {
    const { scene, ...rest } = change;
    const data = { ...defined(rest), ...(scene !== undefined && { scene: this.#scene(scene).sha256 }) };
    if (change.tickRateHz !== undefined) requireTickRate(change.tickRateHz);
    return this.#change(async (tx) => {
      const before = await managed(tx, address, who);
      if (expected !== undefined && expected !== etagOf(before)) throw new ApiError('OW_ERR_CHANGED');
      const world = await tx.world.update({
        where: { id: before.id },
        data: { ...data, folded: folded({ ...before, ...data }) },
        select: selected,
      });
      const actor = who.account.id;
      await audit(tx, { actor, action: 'world.update', target: world.id, detail: defined(change) });
      return world;
    });
  }

  async remove(address: string, who: Visitor): Promise<World> {
    return this.#change(async (tx) => {
      const world = await managed(tx, address, who);
      if (world.id === PLAZA_ID) throw new ApiError('OW_ERR_WORLD_BUILT_IN');
      await tx.world.delete({ where: { id: world.id } });
      const detail = { slug: world.slug, name: world.name };
      await audit(tx, { actor: who.account.id, action: 'world.remove', target: world.id, detail });
      return world;
    });
  }

  async #change(work: (tx: Tx) => Promise<World>): Promise<World> {
    const world = await transaction(this.#db, work);
    this.#doors.clear();
    return world;
  }

  /** Crowds come to one door at the same moment: only where members alone may enter each of them is looked up. */
  async #door(address: string, who: Visitor): Promise<Look> {
    const world = await this.#doors.get(address, () => find(this.#db, at(address)));
    if (world === undefined || world.access === 'members') return look(this.#db, address, who);
    if (!maySee(world, who, false)) throw new ApiError('OW_ERR_UNKNOWN_WORLD');
    return { world, isMember: false };
  }

  #scene(id: string): Scene {
    const scene = this.#scenes.byId(id);
    if (scene === undefined) throw new ApiError('OW_ERR_UNKNOWN_SCENE');
    return scene;
  }
}

/** The world at an address, for somebody who may change it. */
export async function managed(tx: Tx, address: string, who: Visitor): Promise<World> {
  const { world } = await look(tx, address, who);
  if (!mayManage(world, who)) throw new ApiError('OW_ERR_FORBIDDEN');
  return world;
}

interface Look {
  readonly world: World;
  readonly isMember: boolean;
}

async function look(db: Db | Tx, address: string, who: Visitor | undefined): Promise<Look> {
  const accountId = who?.account.id ?? null;
  const found = await db.world.findUnique({
    where: at(address),
    select: {
      ...selected,
      members: {
        where: accountId === null ? { accountId: { in: [] } } : { accountId },
        select: { accountId: true },
      },
    },
  });
  if (found === null) throw new ApiError('OW_ERR_UNKNOWN_WORLD');
  const { members, ...world } = found;
  const isMember = members.length > 0;
  if (!maySee(world, who, isMember)) throw new ApiError('OW_ERR_UNKNOWN_WORLD');
  return { world, isMember };
}

function at(address: string): Prisma.WorldWhereUniqueInput {
  return isUuid(address) ? { id: address } : { slug: address };
}

async function find(db: Db, where: Prisma.WorldWhereUniqueInput): Promise<World | undefined> {
  return (await db.world.findUnique({ where, select: selected })) ?? undefined;
}

/** A scan: no index of the databases' common subset helps. What it costs is in docs/reference/worlds.md. */
function matching(text: string | undefined): Prisma.WorldWhereInput {
  if (text === undefined || text === '') return {};
  return { folded: { contains: fold(text).replaceAll(/[\\%_]/g, '\\$&') } };
}

function requireTickRate(tickRateHz: number): void {
  if (tickRateHz !== 30) throw new ApiError('OW_ERR_TICK_RATE');
}

function isTaken(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}

/** Without the keys that were not given, as exact optional types want it. */
function defined<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}
