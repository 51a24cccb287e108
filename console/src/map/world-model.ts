/**
 * A world's GLB made ready to draw fast: everything that stands still in one geometry, the walls apart (they are drawn
 * glassy, so that they hide nobody), and one group per kind of moving body. The plaza's 300 nodes become eight draws.
 *
 * Bodies are numbered as the instance numbers them (netcode/scene): what moves, in the order of the file, from 1.
 */
import { type BufferGeometry, type Matrix4, Mesh, type Object3D } from 'three';
import { type GLTF, GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { mergeGeometries } from 'three/addons/utils/BufferGeometryUtils.js';

export interface BodyGroup {
  geometry: BufferGeometry;
  bodies: { entity: number; rest: Matrix4 }[];
}

export interface WorldModel {
  solid: BufferGeometry;
  walls: BufferGeometry | null;
  groups: BodyGroup[];
}

const FIRST_ENTITY = 1;
const MOVES = new Set(['dynamic', 'kinematic']);

export async function loadWorld(url: string, onProgress: (loaded: number) => void): Promise<WorldModel> {
  const gltf = await new GLTFLoader().loadAsync(url, ({ loaded, total }) =>
    onProgress(total ? loaded / total : 0),
  );
  return readWorld(gltf);
}

export function readWorld(gltf: GLTF): WorldModel {
  gltf.scene.updateMatrixWorld(true);
  const entities = entitiesOf(gltf);
  const solid: BufferGeometry[] = [];
  const walls: BufferGeometry[] = [];
  const groups = new Map<BufferGeometry, BodyGroup>();
  gltf.scene.traverse((object) => {
    if (!(object instanceof Mesh)) return;
    const geometry = object.geometry as BufferGeometry;
    const entity = entityAbove(object, entities);
    if (entity !== undefined) {
      const group = groups.get(geometry) ?? { geometry, bodies: [] };
      group.bodies.push({ entity, rest: object.matrixWorld.clone() });
      groups.set(geometry, group);
    } else {
      const placed = geometry.clone().applyMatrix4(object.matrixWorld);
      (object.name.startsWith('wall_') ? walls : solid).push(placed);
    }
  });
  const merged = mergeGeometries(solid);
  if (!merged) throw new Error('The meshes of this world differ too much to be drawn as one.');
  return { solid: merged, walls: walls.length ? mergeGeometries(walls) : null, groups: [...groups.values()] };
}

function entitiesOf(gltf: GLTF): Map<Object3D, number> {
  const nodes: { extensions?: { OMI_physics_body?: { motion?: { type?: string } } } }[] =
    gltf.parser.json.nodes ?? [];
  const moving = nodes.flatMap((node, index) => {
    return MOVES.has(node.extensions?.OMI_physics_body?.motion?.type ?? '') ? [index] : [];
  });
  const entities = new Map<Object3D, number>();
  for (const [object, reference] of gltf.parser.associations) {
    const position = moving.indexOf((reference as { nodes?: number } | undefined)?.nodes ?? -1);
    if (position >= 0) entities.set(object as Object3D, FIRST_ENTITY + position);
  }
  return entities;
}

function entityAbove(object: Object3D, entities: Map<Object3D, number>): number | undefined {
  for (let at: Object3D | null = object; at; at = at.parent) {
    const entity = entities.get(at);
    if (entity !== undefined) return entity;
  }
  return undefined;
}
