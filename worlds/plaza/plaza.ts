/**
 * The plaza as a glTF document: the default world of Otherworld.
 *
 * A node's name says what it is; its OMI_physics_body what it is to physics. One reading of this file feeds Jolt and the
 * character step on server and client, so nothing here is scaled, and every collider lies on the node it belongs to or a
 * child of it. Where things stand is layout.ts; what they look like is props.ts and ground.ts.
 */
import { Document, type Material, type Mesh, type Node, type Scene } from '@gltf-transform/core';
import { type Motion, OMI_PHYSICS_BODY, OmiPhysicsBody, type PhysicsMaterial } from '../omi/physics-body.ts';
import { OmiPhysicsShape, type PhysicsShape, type Primitive } from '../omi/physics-shape.ts';
import { dome, rollingGround, tiles } from './ground.ts';
import { type Block, BODIES, type Body, CUP_RADIUS, layout, MARKER, type Place } from './layout.ts';
import { CHAIR_PARTS, props } from './props.ts';
import { box, type Rgb, type Surface } from './surface.ts';
import { IDENTITY, type Quat, type Vec3 } from './vector.ts';

const STATIC: Motion = { type: 'static' };
const GROUND = { friction: 0.8, restitution: 0.1 };
const COLORS: Record<Block['kind'], Rgb> = {
  wall: [0.42, 0.4, 0.42],
  ramp: [0.3, 0.42, 0.5],
  steps: [0.58, 0.52, 0.44],
  box: [0.36, 0.38, 0.46],
  wood: [0.45, 0.27, 0.13],
};

export function plaza(): Document {
  const world = new Builder();
  const { blocks, chairs, spawns, bodies } = layout();
  addGrounds(world);
  for (const block of blocks) addBlock(world, block);
  for (const chair of chairs) addChair(world, chair);
  for (const body of bodies) addBody(world, body);
  for (const spawn of spawns) world.node(spawn);
  world.node({ name: 'marker', at: MARKER, turn: IDENTITY }, world.prop('marker'));
  world.node({ name: 'quad_plane', at: [0, 0.003, 0], turn: IDENTITY }, world.prop('quad'));
  return world.document;
}

function addGrounds(world: Builder): void {
  const size: Vec3 = [64, 1, 64];
  const ground = world.node(
    { name: 'ground', at: [0, -0.5, 0], turn: IDENTITY },
    world.mesh('ground', tiles(0.5)),
  );
  world.collide(ground, world.shape({ type: 'box', size }), STATIC, world.material(GROUND));
  for (const [name, surface] of [
    ['terrain', rollingGround()],
    ['dome', dome()],
  ] as const) {
    const mesh = world.mesh(name, surface);
    const node = world.node({ name, at: [0, 0, 0], turn: IDENTITY }, mesh);
    world.collide(node, world.shape({ type: 'trimesh' }, mesh), STATIC, world.material(GROUND));
  }
}

function addBlock(world: Builder, block: Block): void {
  const [r, g, b] = COLORS[block.kind];
  const shade = 0.85 + 0.3 * ((Number(block.name.replace(/\D/g, '')) * 0.37) % 1);
  const mesh = world.mesh(block.name, box(block.size, [r * shade, g * shade, b * shade]));
  const shape = world.shape({ type: 'box', size: block.size });
  world.collide(world.node(block, mesh), shape, STATIC, world.material(GROUND));
}

/** The parts are colliders without a motion of their own: they belong to the chair. */
function addChair(world: Builder, chair: Place): void {
  const node = world.node(chair, world.prop('chair'));
  world.collide(node, null, STATIC);
  for (const { part, at, size } of CHAIR_PARTS) {
    const child = world.node({ name: `${chair.name}_${part}`, at, turn: IDENTITY }, null, node);
    world.collide(child, world.shape({ type: 'box', size }), null, world.material(GROUND));
  }
}

function addBody(world: Builder, body: Body): void {
  const { mass } = BODIES[body.kind];
  const node = world.node(body, world.prop(body.kind));
  world.collide(
    node,
    world.shape(colliderOf(body)),
    { type: 'dynamic', mass },
    world.material(BODIES[body.kind]),
  );
}

function colliderOf({ kind }: Body): Primitive {
  const { half } = BODIES[kind];
  switch (kind) {
    case 'ball':
    case 'bigBall':
      return { type: 'sphere', radius: half };
    case 'crate':
    case 'heavyCrate':
      return { type: 'box', size: [half * 2, half * 2, half * 2] };
    case 'cup':
      return { type: 'cylinder', height: half * 2, radiusBottom: CUP_RADIUS, radiusTop: CUP_RADIUS };
  }
}

class Builder {
  readonly document = new Document();
  readonly #buffer = this.document.createBuffer();
  readonly #scene: Scene = this.document.createScene('plaza');
  readonly #shapes = this.document.createExtension(OmiPhysicsShape);
  readonly #bodies = this.document.createExtension(OmiPhysicsBody);
  readonly #material: Material = this.document
    .createMaterial('painted')
    .setMetallicFactor(0)
    .setRoughnessFactor(0.85);
  readonly #props = new Map<string, Mesh>();
  readonly #shapeByFigures = new Map<string, PhysicsShape>();
  readonly #materials = new Map<string, PhysicsMaterial>();

  constructor() {
    this.document.getRoot().getAsset().generator = 'otherworld worlds/plaza';
    this.document.getRoot().setDefaultScene(this.#scene);
  }

  node(
    place: { name: string; at: Vec3; turn: Quat },
    mesh: Mesh | null = null,
    parent: Node | Scene = this.#scene,
  ): Node {
    const node = this.document
      .createNode(place.name)
      .setTranslation(place.at)
      .setRotation(place.turn)
      .setMesh(mesh);
    parent.addChild(node);
    return node;
  }

  /** One mesh for all bodies of a kind. */
  prop(name: keyof typeof props): Mesh {
    const known = this.#props.get(name) ?? this.mesh(name, props[name]());
    this.#props.set(name, known);
    return known;
  }

  mesh(name: string, surface: Surface): Mesh {
    const attribute = (array: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>, type: 'VEC3' | 'VEC4') =>
      this.document.createAccessor().setType(type).setArray(array).setBuffer(this.#buffer);
    const rgba = surface.colors.flatMap((c, i) => (i % 3 === 2 ? [toByte(c), 255] : [toByte(c)]));
    const indices = this.document
      .createAccessor()
      .setType('SCALAR')
      .setArray(new Uint16Array(surface.indices))
      .setBuffer(this.#buffer);
    const primitive = this.document
      .createPrimitive()
      .setAttribute('POSITION', attribute(new Float32Array(surface.positions), 'VEC3'))
      .setAttribute('NORMAL', attribute(new Float32Array(surface.normals), 'VEC3'))
      .setAttribute('COLOR_0', attribute(new Uint8Array(rgba), 'VEC4').setNormalized(true))
      .setIndices(indices)
      .setMaterial(this.#material);
    return this.document.createMesh(name).addPrimitive(primitive);
  }

  /** Equal primitives share one shape. */
  shape(primitive: Primitive, mesh: Mesh | null = null): PhysicsShape {
    const key = JSON.stringify([primitive, mesh?.getName()]);
    const shape =
      this.#shapeByFigures.get(key) ?? this.#shapes.createShape().setPrimitive(primitive).setMesh(mesh);
    this.#shapeByFigures.set(key, shape);
    return shape;
  }

  material({ friction, restitution }: { friction: number; restitution: number }): PhysicsMaterial {
    const surface = { staticFriction: friction, dynamicFriction: friction, restitution };
    const key = JSON.stringify(surface);
    const material = this.#materials.get(key) ?? this.#bodies.createMaterial().setSurface(surface);
    this.#materials.set(key, material);
    return material;
  }

  collide(
    node: Node,
    shape: PhysicsShape | null,
    motion: Motion | null,
    material: PhysicsMaterial | null = null,
  ): void {
    const body = this.#bodies.createBody().setMotion(motion).setCollider(shape).setMaterial(material);
    node.setExtension(OMI_PHYSICS_BODY, body);
  }
}

function toByte(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 255);
}
