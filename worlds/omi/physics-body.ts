/**
 * OMI_physics_body: what a node is to the physics engine (motion, collider, trigger) and the document's physics
 * materials, as a glTF-Transform extension.
 *
 * Shapes and materials are held by reference for the reason told in physics-shape.ts. Materials are in the form that the
 * extension's draft shares with KHR_physics_rigid_bodies: `physicsMaterials` at the document, an index at the collider.
 * Spec: https://github.com/omigroup/gltf-extensions/tree/main/extensions/2.0/OMI_physics_body
 */
import {
  Extension,
  ExtensionProperty,
  type IProperty,
  type Nullable,
  PropertyType,
  type ReaderContext,
  type WriterContext,
} from '@gltf-transform/core';
import { OmiPhysicsShape, type PhysicsShape } from './physics-shape.ts';

export const OMI_PHYSICS_BODY = 'OMI_physics_body';

/** Mass in kilograms. */
export type Motion = { type: 'static' } | { type: 'kinematic' | 'dynamic'; mass: number };

/** Coulomb friction at rest and in motion, and how much of its speed a bounce keeps (0–1). */
export type Surface = {
  staticFriction: number;
  dynamicFriction: number;
  restitution: number;
};

const DEFAULT_SURFACE: Surface = { staticFriction: 0.6, dynamicFriction: 0.6, restitution: 0 };

interface BodyDef {
  motion?: { type: Motion['type']; mass?: number };
  collider?: { shape?: number; physicsMaterial?: number };
  trigger?: { shape?: number };
}

interface IPhysicsMaterial extends IProperty {
  surface: Surface;
}

export class PhysicsMaterial extends ExtensionProperty<IPhysicsMaterial> {
  static override EXTENSION_NAME = OMI_PHYSICS_BODY;
  declare readonly extensionName: typeof OMI_PHYSICS_BODY;
  declare readonly propertyType: 'PhysicsMaterial';
  declare readonly parentTypes: string[];

  protected override init(): void {
    Object.assign(this, {
      extensionName: OMI_PHYSICS_BODY,
      propertyType: 'PhysicsMaterial',
      parentTypes: ['PhysicsBody'],
    });
  }

  protected override getDefaults(): Nullable<IPhysicsMaterial> {
    return Object.assign(super.getDefaults() as IProperty, { surface: DEFAULT_SURFACE });
  }

  getSurface(): Surface {
    return this.get('surface');
  }

  setSurface(surface: Surface): this {
    return this.set('surface', surface);
  }
}

interface IPhysicsBody extends IProperty {
  motion: Motion | null;
  collider: PhysicsShape;
  material: PhysicsMaterial;
  trigger: PhysicsShape;
}

export class PhysicsBody extends ExtensionProperty<IPhysicsBody> {
  static override EXTENSION_NAME = OMI_PHYSICS_BODY;
  declare readonly extensionName: typeof OMI_PHYSICS_BODY;
  declare readonly propertyType: 'PhysicsBody';
  declare readonly parentTypes: string[];

  protected override init(): void {
    Object.assign(this, {
      extensionName: OMI_PHYSICS_BODY,
      propertyType: 'PhysicsBody',
      parentTypes: [PropertyType.NODE],
    });
  }

  protected override getDefaults(): Nullable<IPhysicsBody> {
    return Object.assign(super.getDefaults() as IProperty, {
      motion: null,
      collider: null,
      material: null,
      trigger: null,
    });
  }

  /** Null: the node belongs to the nearest ancestor with a motion, and is static when there is none. */
  getMotion(): Motion | null {
    return this.get('motion');
  }

  setMotion(motion: Motion | null): this {
    return this.set('motion', motion);
  }

  getCollider(): PhysicsShape | null {
    return this.getRef('collider');
  }

  setCollider(shape: PhysicsShape | null): this {
    return this.setRef('collider', shape);
  }

  /** Surface of the collider; null: the specification's default. */
  getMaterial(): PhysicsMaterial | null {
    return this.getRef('material');
  }

  setMaterial(material: PhysicsMaterial | null): this {
    return this.setRef('material', material);
  }

  getTrigger(): PhysicsShape | null {
    return this.getRef('trigger');
  }

  setTrigger(shape: PhysicsShape | null): this {
    return this.setRef('trigger', shape);
  }
}

export class OmiPhysicsBody extends Extension {
  static override readonly EXTENSION_NAME = OMI_PHYSICS_BODY;
  override readonly extensionName = OMI_PHYSICS_BODY;

  createBody(name = ''): PhysicsBody {
    return new PhysicsBody(this.document.getGraph(), name);
  }

  createMaterial(name = ''): PhysicsMaterial {
    return new PhysicsMaterial(this.document.getGraph(), name);
  }

  /** In creation order, which is the order of the indices in the file. */
  listMaterials(): PhysicsMaterial[] {
    return this.listProperties().filter((property) => property instanceof PhysicsMaterial);
  }

  override read(context: ReaderContext): this {
    const { json } = context.jsonDoc;
    const root = json.extensions?.[OMI_PHYSICS_BODY] as { physicsMaterials?: Partial<Surface>[] } | undefined;
    const materials = root?.physicsMaterials?.map((def) =>
      this.createMaterial().setSurface({ ...DEFAULT_SURFACE, ...def }),
    );
    const shapes = this.document.createExtension(OmiPhysicsShape).listShapes();
    json.nodes?.forEach((node, index) => {
      const def = node.extensions?.[OMI_PHYSICS_BODY] as BodyDef | undefined;
      if (!def) return;
      const body = readBody(this.createBody(), def, shapes, materials ?? []);
      context.nodes[index]?.setExtension(OMI_PHYSICS_BODY, body);
    });
    return this;
  }

  override write(context: WriterContext): this {
    const { json } = context.jsonDoc;
    const shapes = indicesOf(this.document.createExtension(OmiPhysicsShape).listShapes());
    const materials = indicesOf(this.listMaterials());
    if (materials.size > 0) {
      const physicsMaterials = [...materials.keys()].map((material) => material.getSurface());
      json.extensions = { ...json.extensions, [OMI_PHYSICS_BODY]: { physicsMaterials } };
    }
    for (const node of this.document.getRoot().listNodes()) {
      const body = node.getExtension<PhysicsBody>(OMI_PHYSICS_BODY);
      const def = json.nodes?.[context.nodeIndexMap.get(node) ?? -1];
      if (!body || !def) continue;
      def.extensions = { ...def.extensions, [OMI_PHYSICS_BODY]: writeBody(body, shapes, materials) };
    }
    return this;
  }
}

function readBody(
  body: PhysicsBody,
  def: BodyDef,
  shapes: PhysicsShape[],
  materials: PhysicsMaterial[],
): PhysicsBody {
  if (def.motion) {
    const { type, mass = 1 } = def.motion;
    body.setMotion(type === 'static' ? { type } : { type, mass });
  }
  body.setCollider(shapes[def.collider?.shape ?? -1] ?? null);
  body.setMaterial(materials[def.collider?.physicsMaterial ?? -1] ?? null);
  return body.setTrigger(shapes[def.trigger?.shape ?? -1] ?? null);
}

function writeBody(
  body: PhysicsBody,
  shapes: Map<PhysicsShape, number>,
  materials: Map<PhysicsMaterial, number>,
): BodyDef {
  const def: BodyDef = {};
  const motion = body.getMotion();
  if (motion) def.motion = motion;
  const collider = body.getCollider();
  if (collider) def.collider = { shape: indexOf(collider, shapes) };
  const material = body.getMaterial();
  if (def.collider && material) def.collider.physicsMaterial = indexOf(material, materials);
  const trigger = body.getTrigger();
  if (trigger) def.trigger = { shape: indexOf(trigger, shapes) };
  return def;
}

function indicesOf<P>(properties: P[]): Map<P, number> {
  return new Map(properties.map((property, index) => [property, index]));
}

function indexOf<P extends PhysicsShape | PhysicsMaterial>(property: P, indices: Map<P, number>): number {
  const index = indices.get(property);
  if (index === undefined) {
    throw new Error(
      `OMI_physics_body: ${property.propertyType} "${property.getName()}" is of another document`,
    );
  }
  return index;
}
