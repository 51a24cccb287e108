/**
 * OMI_physics_shape: the collision shapes of a document, as a glTF-Transform extension.
 *
 * A mesh shape holds a reference to its mesh, not an index, so that the index follows when another step (prune, dedup)
 * renumbers meshes; raw JSON passed through would point at the wrong mesh. What a shape is used for is said by
 * OMI_physics_body.
 * Spec: https://github.com/omigroup/gltf-extensions/tree/main/extensions/2.0/OMI_physics_shape
 */
import {
  Extension,
  ExtensionProperty,
  type IProperty,
  type Mesh,
  type Nullable,
  PropertyType,
  type ReaderContext,
  type WriterContext,
} from '@gltf-transform/core';

export const OMI_PHYSICS_SHAPE = 'OMI_physics_shape';

export type Vec3 = [number, number, number];

/** A shape without its mesh. Lengths in metres; `height` of a capsule is the distance of its hemispheres' centres. */
export type Primitive =
  | { type: 'box'; size: Vec3 }
  | { type: 'sphere'; radius: number }
  | { type: 'capsule' | 'cylinder'; height: number; radiusBottom: number; radiusTop: number }
  | { type: 'convex' | 'trimesh' };

interface ShapeDef {
  type: Primitive['type'];
  name?: string;
  box?: { size?: Vec3 };
  sphere?: { radius?: number };
  capsule?: { height?: number; radiusBottom?: number; radiusTop?: number };
  cylinder?: { height?: number; radiusBottom?: number; radiusTop?: number };
  convex?: { mesh: number };
  trimesh?: { mesh: number };
}

interface IPhysicsShape extends IProperty {
  primitive: Primitive;
  mesh: Mesh;
}

export class PhysicsShape extends ExtensionProperty<IPhysicsShape> {
  static override EXTENSION_NAME = OMI_PHYSICS_SHAPE;
  declare readonly extensionName: typeof OMI_PHYSICS_SHAPE;
  declare readonly propertyType: 'PhysicsShape';
  declare readonly parentTypes: string[];

  protected override init(): void {
    Object.assign(this, {
      extensionName: OMI_PHYSICS_SHAPE,
      propertyType: 'PhysicsShape',
      parentTypes: ['PhysicsBody'],
    });
  }

  protected override getDefaults(): Nullable<IPhysicsShape> {
    return Object.assign(super.getDefaults() as IProperty, {
      primitive: { type: 'box', size: [1, 1, 1] } satisfies Primitive as Primitive,
      mesh: null,
    });
  }

  getPrimitive(): Primitive {
    return this.get('primitive');
  }

  setPrimitive(primitive: Primitive): this {
    return this.set('primitive', primitive);
  }

  /** Mesh of a convex or trimesh shape. */
  getMesh(): Mesh | null {
    return this.getRef('mesh');
  }

  setMesh(mesh: Mesh | null): this {
    return this.setRef('mesh', mesh);
  }
}

export class OmiPhysicsShape extends Extension {
  static override readonly EXTENSION_NAME = OMI_PHYSICS_SHAPE;
  override readonly extensionName = OMI_PHYSICS_SHAPE;
  /** Meshes are known then, and the bodies that refer to shapes are read later. */
  override readonly prereadTypes = [PropertyType.NODE];

  createShape(name = ''): PhysicsShape {
    return new PhysicsShape(this.document.getGraph(), name);
  }

  /** In creation order, which is the order of the indices in the file. */
  listShapes(): PhysicsShape[] {
    return this.listProperties().filter((property) => property instanceof PhysicsShape);
  }

  override preread(context: ReaderContext): this {
    const root = context.jsonDoc.json.extensions?.[OMI_PHYSICS_SHAPE] as { shapes?: ShapeDef[] } | undefined;
    for (const def of root?.shapes ?? []) {
      const shape = this.createShape(def.name).setPrimitive(readPrimitive(def));
      const mesh = (def.convex ?? def.trimesh)?.mesh;
      if (mesh !== undefined) shape.setMesh(context.meshes[mesh] ?? null);
    }
    return this;
  }

  override read(): this {
    return this;
  }

  override write(context: WriterContext): this {
    const shapes = this.listShapes().map((shape) => writeShape(shape, context));
    if (shapes.length === 0) return this;
    const json = context.jsonDoc.json;
    json.extensions = { ...json.extensions, [OMI_PHYSICS_SHAPE]: { shapes } };
    return this;
  }
}

function readPrimitive(def: ShapeDef): Primitive {
  switch (def.type) {
    case 'box':
      return { type: 'box', size: def.box?.size ?? [1, 1, 1] };
    case 'sphere':
      return { type: 'sphere', radius: def.sphere?.radius ?? 0.5 };
    case 'capsule':
    case 'cylinder': {
      const {
        height = def.type === 'capsule' ? 1 : 2,
        radiusBottom = 0.5,
        radiusTop = 0.5,
      } = def[def.type] ?? {};
      return { type: def.type, height, radiusBottom, radiusTop };
    }
    case 'convex':
    case 'trimesh':
      return { type: def.type };
  }
}

function writeShape(shape: PhysicsShape, context: WriterContext): ShapeDef {
  const { type, ...figures } = shape.getPrimitive();
  const name = shape.getName();
  const def = { type, ...(name && { name }), [type]: figures };
  if (type !== 'convex' && type !== 'trimesh') return def;
  const mesh = shape.getMesh();
  const index = mesh ? context.meshIndexMap.get(mesh) : undefined;
  if (index === undefined)
    throw new Error(`OMI_physics_shape: ${type} shape "${name}" has no mesh in this document`);
  return { ...def, [type]: { mesh: index } };
}
