// A world as the rest of the process knows it, and as the database keeps it.
import { createHash } from 'node:crypto';
import type { Prisma } from '../../../prisma/gen/client.ts';

export const selected = {
  id: true,
  slug: true,
  name: true,
  description: true,
  owner: { select: { id: true, name: true } },
  scene: true,
  kind: true,
  access: true,
  capacity: true,
  tickRateHz: true,
  createdAt: true,
  updatedAt: true,
} as const satisfies Prisma.WorldSelect;

/** `scene` is a SHA-256 in hex; no owner: it came with Otherworld, or its owner's account is gone. */
export type World = Prisma.WorldGetPayload<{ select: typeof selected }>;

/** Changes when a setting does: what `If-Match` is compared with. */
export function etagOf(world: World): string {
  const { name, description, scene, kind, access, capacity, tickRateHz } = world;
  const settings = JSON.stringify([name, description, scene, kind, access, capacity, tickRateHz]);
  return `"${createHash('sha256').update(settings).digest('base64url').slice(0, 22)}"`;
}

/**
 * Done here and not by ILIKE, because a database folds as its locale says: the one that `npm start` makes knows ASCII alone.
 */
export const fold = (text: string): string => text.normalize('NFKC').toLowerCase();

export function folded({ slug, name, description }: Pick<World, 'slug' | 'name' | 'description'>): string {
  return fold(`${slug}\n${name}\n${description}`);
}
