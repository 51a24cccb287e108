import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Document, Node } from '@gltf-transform/core';
import { validateBytes } from 'gltf-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OMI_PHYSICS_BODY, type PhysicsBody } from '../omi/physics-body.ts';
import { fromGlb } from './glb.ts';
import { isFree, layout, onRoute, RISE, STAIRS_A, TREAD } from './layout.ts';
import { STAIRS_ROUTE } from './routes.ts';

const folder = mkdtempSync(join(tmpdir(), 'plaza-'));
let glb: Uint8Array<ArrayBuffer>;
let document: Document;

function make(name: string): Uint8Array<ArrayBuffer> {
  const out = join(folder, name);
  execFileSync(process.execPath, [join(import.meta.dirname, 'make.ts'), out]);
  return new Uint8Array(readFileSync(out));
}

beforeAll(async () => {
  glb = make('plaza.glb');
  document = await fromGlb(glb);
});
afterAll(() => rmSync(folder, { recursive: true }));

function nodes(): Node[] {
  return document.getRoot().listNodes();
}

function bodyOf(node: Node): PhysicsBody | null {
  return node.getExtension<PhysicsBody>(OMI_PHYSICS_BODY);
}

function named(pattern: RegExp): Node[] {
  return nodes().filter((node) => pattern.test(node.getName()));
}

test('two runs make the same bytes, in under 1.5 MB', () => {
  expect(Buffer.compare(glb, make('again.glb'))).toBe(0);
  expect(glb.byteLength).toBeLessThan(1.5e6);
});

test('the Khronos validator finds neither errors nor warnings', async () => {
  const { issues } = await validateBytes(glb, { maxIssues: 0 });
  expect(issues).toMatchObject({ numErrors: 0, numWarnings: 0 });
});

test('the content is what the world promises', () => {
  const dynamic = nodes().filter((node) => bodyOf(node)?.getMotion()?.type === 'dynamic');
  expect(dynamic).toHaveLength(200);
  expect(named(/^ball_\d{3}$/)).toHaveLength(80);
  expect(named(/^crate_\d{3}$/)).toHaveLength(70);
  expect(named(/^cup_\d{3}$/)).toHaveLength(50);
  expect(named(/^box_\d+$/)).toHaveLength(50);
  expect(named(/^ramp_/).map((node) => node.getName().slice(5))).toEqual([
    '20',
    '35',
    '45',
    '48',
    '50',
    '52',
    '60',
  ]);
  expect(named(/^stairs_a_\d+$/)).toHaveLength(8);
  expect(named(/^stairs_b_\d+$/)).toHaveLength(10);
  expect(named(/^wall_\d$/)).toHaveLength(4);
  expect(named(/^chair_\d$/)).toHaveLength(4);
  expect(named(/^spawn_\d+$/)).toHaveLength(16);
  expect(named(/^marker$/)[0]?.getTranslation()).toEqual([0, 0, 1]);
  expect(named(/^quad_plane$/)).toHaveLength(1);
});

test('names are unique', () => {
  const names = nodes().map((node) => node.getName());
  expect(new Set(names).size).toBe(names.length);
});

test('the static triangles are as many as the step was measured on, within 5 %', () => {
  const solid = nodes().filter((node) => bodyOf(node)?.getMotion()?.type !== 'dynamic');
  const triangles = solid.reduce((sum, node) => {
    const shape = bodyOf(node)?.getCollider();
    if (!shape) return sum;
    return (
      sum + (shape.getPrimitive().type === 'box' ? 12 : trianglesOf(shape.getMesh()?.listPrimitives() ?? []))
    );
  }, 0);
  expect(triangles).toBeGreaterThan(13_922 * 0.95);
  expect(triangles).toBeLessThan(13_922 * 1.05);
});

function trianglesOf(primitives: { getIndices(): { getCount(): number } | null }[]): number {
  return primitives.reduce((sum, primitive) => sum + (primitive.getIndices()?.getCount() ?? 0) / 3, 0);
}

test('no node with a collider is scaled, itself or by a parent', () => {
  for (const node of nodes()) expect([node.getName(), ...node.getScale()]).toEqual([node.getName(), 1, 1, 1]);
});

test('a body of 1.7 m fits at each spawn point, with a metre to spare', () => {
  const { blocks, bodies, spawns } = layout();
  for (const { name, at } of spawns) {
    const close = [...blocks, ...bodies].filter((thing) => {
      const reach = 'size' in thing ? Math.hypot(thing.size[0], thing.size[2]) / 2 : 0.7;
      return (
        thing.kind !== 'wall' &&
        thing.kind !== 'steps' &&
        Math.hypot(thing.at[0] - at[0], thing.at[2] - at[2]) < reach + 1.3
      );
    });
    expect([name, close.map((thing) => thing.name)]).toEqual([name, []]);
    expect(at[0] + 1.3).toBeLessThan(STAIRS_A.x);
  }
});

test('nothing that can be pushed begins on the way of a bot', () => {
  expect(layout().bodies.filter(({ at }) => onRoute(at[0], at[2], 0.6))).toEqual([]);
});

test('bodies begin apart from each other and from what stands fast', () => {
  const { bodies } = layout();
  const free = bodies.filter(({ kind, at }) => kind !== 'cup' && at[1] < 0.6 && isFree(at[0], at[2], 0, []));
  for (const [i, a] of free.entries()) {
    const tooClose = free.slice(i + 1).filter((b) => Math.hypot(a.at[0] - b.at[0], a.at[2] - b.at[2]) < 0.8);
    expect([a.name, tooClose.map((b) => b.name)]).toEqual([a.name, []]);
  }
});

test('the stairs route climbs stairs_a from one side and leaves it on the other', () => {
  const { x, z, steps, platform } = STAIRS_A;
  const [up, top, down] = STAIRS_ROUTE as unknown as [number, number][];
  expect(up?.[0]).toBeLessThan(x);
  expect(top?.[0]).toBeGreaterThan(x + steps * TREAD);
  expect(top?.[0]).toBeLessThan(x + steps * TREAD + platform);
  expect(down?.[0]).toBeGreaterThan(x + 2 * steps * TREAD + platform);
  expect([up?.[1], top?.[1], down?.[1]]).toEqual([z, z, z]);
  expect(steps * RISE).toBe(2);
});
