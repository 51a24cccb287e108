/**
 * OMI_physics_body: what a node is to the physics engine (motion, collider, trigger), as a glTF-Transform extension.
 *
 * The extension has no place for friction and restitution; its schema allows `extras` on a collider, so they are written
 * as `collider.extras.{friction, restitution}`. A reader that does not know them falls back to its engine's defaults.
 * Shapes are held by reference for the reason told in physics-shape.ts.
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

/** Coulomb friction and restitution, both 0–1. */
export type Surface = { friction: number; restitution: number };

interface BodyDef {
  motion?: { type: Motion['type']; mass?: number };
  collider?: { shape?: number; extras?: Partial<Surface> };
  trigger?: { shape?: number };
}

interface IPhysicsBody extends IProperty {
  motion: Motion | null;
  surface: Surface | null;
  collider: PhysicsShape;
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
      surface: null,
      collider: null,
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

  getSurface(): Surface | null {
    return this.get('surface');
  }

  setSurface(surface: Surface | null): this {
    return this.set('surface', surface);
  }

  getCollider(): PhysicsShape | null {
    return this.getRef('collider');
  }

  setCollider(shape: PhysicsShape | null): this {
    return this.setRef('collider', shape);
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

  override read(context: ReaderContext): this {
    const shapes = this.document.createExtension(OmiPhysicsShape).listShapes();
    context.jsonDoc.json.nodes?.forEach((node, index) => {
      const def = node.extensions?.[OMI_PHYSICS_BODY] as BodyDef | undefined;
      if (def) context.nodes[index]?.setExtension(OMI_PHYSICS_BODY, readBody(this.createBody(), def, shapes));
    });
    return this;
  }

  override write(context: WriterContext): this {
    const indices = new Map(
      this.document
        .createExtension(OmiPhysicsShape)
        .listShapes()
        .map((shape, index) => [shape, index]),
    );
    for (const node of this.document.getRoot().listNodes()) {
      const body = node.getExtension<PhysicsBody>(OMI_PHYSICS_BODY);
      const def = context.jsonDoc.json.nodes?.[context.nodeIndexMap.get(node) ?? -1];
      if (body && def) def.extensions = { ...def.extensions, [OMI_PHYSICS_BODY]: writeBody(body, indices) };
    }
    return this;
  }
}

function readBody(body: PhysicsBody, def: BodyDef, shapes: PhysicsShape[]): PhysicsBody {
  if (def.motion) {
    const { type, mass = 1 } = def.motion;
    body.setMotion(type === 'static' ? { type } : { type, mass });
  }
  const { friction, restitution } = def.collider?.extras ?? {};
  if (friction !== undefined && restitution !== undefined) body.setSurface({ friction, restitution });
  body.setCollider(shapes[def.collider?.shape ?? -1] ?? null);
  return body.setTrigger(shapes[def.trigger?.shape ?? -1] ?? null);
}

function writeBody(body: PhysicsBody, indices: Map<PhysicsShape, number>): BodyDef {
  const def: BodyDef = {};
  const motion = body.getMotion();
  if (motion) def.motion = motion;
  const collider = body.getCollider();
  if (collider) def.collider = { shape: indexOf(collider, indices) };
  const surface = body.getSurface();
  if (def.collider && surface) def.collider.extras = surface;
  const trigger = body.getTrigger();
  if (trigger) def.trigger = { shape: indexOf(trigger, indices) };
  return def;
}

function indexOf(shape: PhysicsShape, indices: Map<PhysicsShape, number>): number {
  const index = indices.get(shape);
  if (index === undefined)
    throw new Error(`OMI_physics_body: shape "${shape.getName()}" is of another document`);
  return index;
}
