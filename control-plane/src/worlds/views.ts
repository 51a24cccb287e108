// What the public API shows of worlds and scenes.
import { z } from 'zod';
import { isoTime, sha256, uuid } from '../http/schemas.ts';
import { worldRef } from './reference.ts';
import type { Scene, SceneCatalog } from './scenes.ts';
import type { World } from './world.ts';

export const account = z.object({ id: uuid, name: z.string() });

export const scene = z
  .object({ id: z.string(), sha256, url: z.url(), bytes: z.int().min(0) })
  .meta({ id: 'Scene' });

export const world = z
  .object({
    id: uuid,
    slug: z.string(),
    name: z.string(),
    description: z.string(),
    owner: account.nullable().describe('Null: it came with Otherworld, or its owner is gone.'),
    scene: z.object({
      id: z
        .string()
        .nullable()
        .describe('Null: no scene of this hash is there any more, and nobody can enter.'),
      sha256,
      url: z.url(),
    }),
    kind: z.enum(['shared', 'copies']),
    access: z.enum(['everyone', 'accounts', 'members', 'owner']),
    capacity: z.int().describe('Seats of one instance.'),
    tickRateHz: z.int(),
    inside: z
      .int()
      .min(0)
      .nullable()
      .describe('Seats taken in all of its instances; null when that is not known now.'),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: 'World' });

export function sceneView({ id, sha256, bytes }: Scene, publicUrl: string): z.output<typeof scene> {
  return { id, sha256, url: worldRef({ id, sha256 }, publicUrl).url, bytes: bytes.length };
}

export function worldView(
  { scene, createdAt, updatedAt, ...rest }: World,
  inside: number | null,
  scenes: SceneCatalog,
  publicUrl: string,
): z.output<typeof world> {
  const { sha256, url } = worldRef({ id: rest.id, sha256: scene }, publicUrl);
  return {
    ...rest,
    scene: { id: scenes.bySha256(scene)?.id ?? null, sha256, url },
    inside,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
