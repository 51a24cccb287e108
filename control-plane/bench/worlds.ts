// What a page of the list of worlds and a search cost among many: `node control-plane/bench/worlds.ts [worlds]`. The database is
// one of its own on the embedded PostgreSQL, or on the server that TEST_DATABASE_URL names.
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { SceneCatalog } from '../src/worlds/scenes.ts';
import { folded } from '../src/worlds/world.ts';
import { Worlds } from '../src/worlds/worlds.ts';
import { testDatabase } from '../test/stores.ts';

const ROUNDS = 50;
const count = Number(process.argv[2] ?? 100_000);
const store = await testDatabase();

try {
  await fill(count);
  const worlds = new Worlds(store.db, new SceneCatalog([]));
  const middle = `world-${String(count / 2).padStart(7, '0')}`;
  const questions = [
    { name: 'first page', ask: {}, hits: 20 },
    { name: 'page in the middle', ask: { cursor: middle }, hits: 20 },
    { name: 'search with many hits', ask: { text: 'garden' }, hits: 20 },
    { name: 'search with one hit', ask: { text: `nr ${count - 1}!` }, hits: 1 },
    { name: 'search without a hit', ask: { text: 'nowhere' }, hits: 0 },
  ];
  for (const { name, ask, hits } of questions) {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const begun = performance.now();
      const { items } = await worlds.list({ limit: 20, ...ask }, undefined);
      times.push(performance.now() - begun);
      assert.equal(items.length, hits);
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => (times[Math.floor(share * (ROUNDS - 1))] ?? 0).toFixed(1);
    console.log(`${count} worlds, ${name}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  }
} finally {
  await store.close();
}

async function fill(worlds: number): Promise<void> {
  const rows = Array.from({ length: worlds }, (_, index) => {
    const place = ['garden', 'hall', 'harbour', 'attic', 'forest'][index % 5];
    const row = {
      slug: `world-${String(index).padStart(7, '0')}`,
      name: `A ${place} nr ${index}!`,
      description: `${'Where people meet, talk and build. '.repeat(6)}`,
    };
    return { ...row, folded: folded(row), scene: 'a'.repeat(64) };
  });
  for (let from = 0; from < rows.length; from += 2_000) {
    await store.db.world.createMany({ data: rows.slice(from, from + 2_000) });
  }
  await store.db.$executeRawUnsafe('ANALYZE world');
}
