import { Document, WebIO } from '@gltf-transform/core';
import { expect, test } from 'vitest';
import { OMI_PHYSICS_BODY, OmiPhysicsBody, type PhysicsBody } from './physics-body.ts';
import { OmiPhysicsShape, type Primitive } from './physics-shape.ts';

const io = new WebIO().registerExtensions([OmiPhysicsShape, OmiPhysicsBody]);

/** A document with one triangle mesh, and a node for each shape of the given primitives. */
function documentOf(primitives: Primitive[]): Document {
  const document = new Document();
  const buffer = document.createBuffer();
  const triangle = document
    .createAccessor()
    .setType('VEC3')
    .setArray(new Float32Array([0, 0, 0, 0, 0, 1, 1, 0, 0]))
    .setBuffer(buffer);
  const scene = document.createScene();
  const shapes = document.createExtension(OmiPhysicsShape);
  const bodies = document.createExtension(OmiPhysicsBody);
  for (const [i, primitive] of primitives.entries()) {
    const primitiveMesh = document.createPrimitive().setAttribute('POSITION', triangle);
    const mesh = document.createMesh(`mesh_${i}`).addPrimitive(primitiveMesh);
    const hasMesh = primitive.type === 'convex' || primitive.type === 'trimesh';
    const shape = shapes
      .createShape(`shape_${i}`)
      .setPrimitive(primitive)
      .setMesh(hasMesh ? mesh : null);
    const node = document.createNode(`node_${i}`).setMesh(mesh);
    node.setExtension(OMI_PHYSICS_BODY, bodies.createBody().setCollider(shape));
    scene.addChild(node);
  }
  return document;
}

function bodyOf(document: Document, name: string): PhysicsBody {
  const node = document
    .getRoot()
    .listNodes()
    .find((each) => each.getName() === name);
  const body = node?.getExtension<PhysicsBody>(OMI_PHYSICS_BODY);
  if (!body) throw new Error(`${name} has no body`);
  return body;
}

const EVERY: Primitive[] = [
  { type: 'box', size: [1, 2, 3] },
  { type: 'sphere', radius: 0.3 },
  { type: 'capsule', height: 1.1, radiusBottom: 0.3, radiusTop: 0.3 },
  { type: 'cylinder', height: 0.2, radiusBottom: 0.08, radiusTop: 0.1 },
  { type: 'convex' },
  { type: 'trimesh' },
];

test('every type of shape survives writing and reading, with its mesh', async () => {
  const read = await io.readBinary(await io.writeBinary(documentOf(EVERY)));
  const colliders = EVERY.map((_, i) => bodyOf(read, `node_${i}`).getCollider());
  expect(colliders.map((shape) => shape?.getPrimitive())).toEqual(EVERY);
  expect(colliders.map((shape) => shape?.getMesh()?.getName())).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    'mesh_4',
    'mesh_5',
  ]);
});

test('motion, material and trigger survive writing and reading', async () => {
  const document = documentOf(EVERY.slice(0, 2));
  const shape = bodyOf(document, 'node_1').getCollider();
  const surface = { staticFriction: 0.5, dynamicFriction: 0.4, restitution: 0.7 };
  const bodies = document.createExtension(OmiPhysicsBody);
  const unused = bodies.createMaterial();
  const material = bodies.createMaterial().setSurface(surface);
  unused.dispose();
  bodyOf(document, 'node_0').setMotion({ type: 'dynamic', mass: 8 }).setMaterial(material).setTrigger(shape);
  bodyOf(document, 'node_1').setMotion({ type: 'static' });
  const read = await io.readBinary(await io.writeBinary(document));
  const body = bodyOf(read, 'node_0');
  expect(body.getMotion()).toEqual({ type: 'dynamic', mass: 8 });
  expect(body.getMaterial()?.getSurface()).toEqual(surface);
  expect(body.getTrigger()?.getPrimitive()).toEqual({ type: 'sphere', radius: 0.3 });
  expect(bodyOf(read, 'node_1').getMotion()).toEqual({ type: 'static' });
});

test('indices follow when meshes and shapes before them are removed', async () => {
  const document = documentOf(EVERY);
  bodyOf(document, 'node_0').getCollider()?.dispose();
  document.getRoot().listMeshes()[0]?.dispose();
  const read = await io.readBinary(await io.writeBinary(document));
  expect(bodyOf(read, 'node_5').getCollider()?.getMesh()?.getName()).toBe('mesh_5');
  expect(bodyOf(read, 'node_1').getCollider()?.getPrimitive()).toEqual(EVERY[1]);
  expect(bodyOf(read, 'node_0').getCollider()).toBeNull();
});

test('a mesh shape without its mesh is refused at writing', async () => {
  const document = documentOf(EVERY);
  document.getRoot().listMeshes()[5]?.dispose();
  await expect(io.writeBinary(document)).rejects.toThrow('trimesh shape "shape_5" has no mesh');
});

test('figures that a file leaves out are those of the specification', async () => {
  const document = await io.readJSON({
    json: {
      asset: { version: '2.0' },
      extensionsUsed: ['OMI_physics_shape', 'OMI_physics_body'],
      extensions: {
        OMI_physics_shape: { shapes: [{ type: 'capsule' }, { type: 'cylinder' }, { type: 'box' }] },
        OMI_physics_body: { physicsMaterials: [{}] },
      },
      nodes: [0, 1, 2].map((shape) => ({
        name: `node_${shape}`,
        extensions: {
          OMI_physics_body: { motion: { type: 'dynamic' }, collider: { shape, physicsMaterial: 0 } },
        },
      })),
    },
    resources: {},
  });
  const figures = [0, 1, 2].map((i) => bodyOf(document, `node_${i}`).getCollider()?.getPrimitive());
  expect(figures).toEqual([
    { type: 'capsule', height: 1, radiusBottom: 0.5, radiusTop: 0.5 },
    { type: 'cylinder', height: 2, radiusBottom: 0.5, radiusTop: 0.5 },
    { type: 'box', size: [1, 1, 1] },
  ]);
  const body = bodyOf(document, 'node_0');
  expect(body.getMotion()).toEqual({ type: 'dynamic', mass: 1 });
  const surface = { staticFriction: 0.6, dynamicFriction: 0.6, restitution: 0 };
  expect(body.getMaterial()?.getSurface()).toEqual(surface);
});
