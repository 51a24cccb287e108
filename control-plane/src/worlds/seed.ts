// The world that comes with Otherworld. Each process sees to it at its start, several at once: whoever comes first
// makes it, and what an admin has changed stays. Only the scene follows the file that this release brings.
import type { Db } from '../persistence/connect.ts';
import { transaction } from '../persistence/transaction.ts';
import type { SceneCatalog } from './scenes.ts';
import { folded } from './world.ts';

/** The same in every installation: "plaza" in hex. */
export const PLAZA_ID = '706c617a-6100-4000-8000-000000000001';
const SCENE = 'plaza';

export async function seed(db: Db, scenes: SceneCatalog): Promise<void> {
  const scene = scenes.byId(SCENE)?.sha256;
  if (scene === undefined)
    throw new Error(`There is no ${SCENE}.glb among the scenes of OTHERWORLD_WORLDS_DIR.`);
  const plaza = {
    id: PLAZA_ID,
    slug: 'plaza',
    name: 'Plaza',
    description: 'Where everybody arrives: stairs, ramps, and things to push.',
    kind: 'copies',
    access: 'everyone',
    scene,
  } as const;
  await transaction(db, async (tx) => {
    const { count } = await tx.world.createMany({
      data: [{ ...plaza, folded: folded(plaza) }],
      skipDuplicates: true,
    });
    if (count > 0) return;
    await tx.world.updateMany({ where: { id: PLAZA_ID, scene: { not: scene } }, data: { scene } });
  });
}
