// Worlds in a real database: what is kept, who may, what happens when several ask at once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { person } from '../../test/people.ts';
import { type TestDatabase, testDatabase } from '../../test/stores.ts';
import type { Who } from '../accounts/who.ts';
import { maySee } from './enter.ts';
import { Members } from './members.ts';
import { SceneCatalog } from './scenes.ts';
import { PLAZA_ID, seed } from './seed.ts';
import { newWorld, worldChange } from './settings.ts';
import { etagOf } from './world.ts';
import { Worlds } from './worlds.ts';

const scene = (id: string, letter: string) => ({
  id,
  sha256: letter.repeat(64),
  bytes: Buffer.from(id),
});
const scenes = new SceneCatalog([scene('plaza', 'a'), scene('hall', 'b')]);

let store: TestDatabase;
let worlds: Worlds;
let members: Members;
let ada: Who;
let bob: Who;
let admin: Who;

beforeAll(async () => {
  store = await testDatabase();
  worlds = new Worlds(store.db, scenes);
  members = new Members(store.db);
  ada = await person(store.db, { name: 'Ada', role: 'creator' });
  bob = await person(store.db, { name: 'Bob' });
  admin = await person(store.db, { name: 'Admin', role: 'admin' });
});
afterAll(() => store.close());

const make = (slug: string, settings: object = {}, who = ada) =>
  worlds.create(newWorld.parse({ slug, name: slug, scene: 'hall', ...settings }), who);
const refused = (code: string) => expect.objectContaining({ code });
const audited = async (target: string) =>
  (await store.db.auditEntry.findMany({ where: { target }, orderBy: { at: 'asc' } })).map(
    ({ action, actorId }) => [action, actorId],
  );

describe('the seed', () => {
  test('is there once, however many start at once, and follows the file', async () => {
    await Promise.all(Array.from({ length: 8 }, () => seed(store.db, scenes)));
    const [plaza, ...others] = await store.db.world.findMany({ where: { slug: 'plaza' } });
    expect(others).toEqual([]);
    expect(plaza).toMatchObject({ id: PLAZA_ID, kind: 'copies', access: 'everyone', scene: 'a'.repeat(64) });

    await worlds.update('plaza', { capacity: 7 }, admin);
    expect((await worlds.list({ limit: 9, text: 'PLAZA' }, undefined)).items).toHaveLength(1);
    const next = new SceneCatalog([scene('plaza', 'c')]);
    await Promise.all(Array.from({ length: 8 }, () => seed(store.db, next)));
    expect(await worlds.byId(PLAZA_ID)).toMatchObject({ scene: 'c'.repeat(64), capacity: 7 });
    await seed(store.db, scenes);
  });

  test('cannot be removed', async () => {
    await expect(worlds.remove('plaza', admin)).rejects.toEqual(refused('OW_ERR_WORLD_BUILT_IN'));
  });
});

describe('settings', () => {
  test('are what was said, else the defaults, and found by id and by slug', async () => {
    const made = await make('lab', { name: '  A\u202e  lab ', capacity: 12 });
    expect(made).toMatchObject({
      slug: 'lab',
      name: 'A lab',
      scene: 'b'.repeat(64),
      kind: 'shared',
      access: 'everyone',
      capacity: 12,
      tickRateHz: 30,
      owner: { id: ada.account.id, name: 'Ada' },
    });
    expect(await worlds.bySlug('lab')).toEqual(made);
    expect(await worlds.visit(made.id, undefined)).toEqual(made);
    expect(await audited(made.id)).toEqual([['world.create', ada.account.id]]);
  });

  test.for([
    ['Lab'],
    ['-lab'],
    ['lab-'],
    ['la--b'],
    ['a'],
    ['ä'],
    [''],
    ['a'.repeat(65)],
    [PLAZA_ID],
    ['a b'],
    ['lab\n'],
  ])('no slug: %j', ([slug]) => {
    expect(newWorld.safeParse({ slug, name: 'x', scene: 'hall' }).success).toBe(false);
  });

  test.for([
    [{ name: '\u200b \u202e' }],
    [{ name: 'a\u0000' }],
    [{ name: '\ud800' }],
    [{ name: 'x'.repeat(81) }],
    [{ name: '\u0958'.repeat(80) }], // composed it is twice as long
    [{ description: 'x'.repeat(2001) }],
    [{ capacity: 0 }],
    [{ capacity: 101 }],
    [{ capacity: 1.5 }],
    [{ tickRateHz: 31 }],
    [{ access: 'friends' }],
    [{ slug: 'other' }],
    [{ owner: 'me' }],
    [{}],
  ])('no change: %j', ([change]) => {
    expect(worldChange.safeParse(change).success).toBe(false);
  });

  test('change one by one, the others stay; 60 Hz is refused by name', async () => {
    const made = await make('tower', { description: 'line\r\nnext\u0007' });
    const changed = await worlds.update(made.id, { access: 'accounts', scene: 'plaza' }, ada);
    expect(changed).toMatchObject({
      description: 'line\nnext',
      access: 'accounts',
      scene: 'a'.repeat(64),
      name: 'tower',
    });
    await expect(worlds.update('tower', { tickRateHz: 60 }, ada)).rejects.toEqual(
      refused('OW_ERR_TICK_RATE'),
    );
    await expect(make('fast', { tickRateHz: 60 })).rejects.toEqual(refused('OW_ERR_TICK_RATE'));
    await expect(make('void', { scene: 'void' })).rejects.toEqual(refused('OW_ERR_UNKNOWN_SCENE'));
    expect(await audited(made.id)).toEqual([
      ['world.create', ada.account.id],
      ['world.update', ada.account.id],
    ]);
  });

  test('with If-Match only one of two who read the same changes it', async () => {
    const made = await make('contested');
    const both = await Promise.allSettled([
      worlds.update('contested', { name: 'one' }, ada, etagOf(made)),
      worlds.update('contested', { name: 'two' }, admin, etagOf(made)),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: refused('OW_ERR_CHANGED'),
    });
  });

  test('a slug is given once, also to ten who ask at once', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 10 }, () => make('unique')));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of asked) {
      if (one.status === 'rejected') expect(one.reason).toEqual(refused('OW_ERR_SLUG_TAKEN'));
    }
  });

  test('an owner has 100 worlds and no more', async () => {
    const rich = await person(store.db, { role: 'creator' });
    const row = (index: number) => ({
      slug: `rich-${index}`,
      name: 'x',
      scene: 'b',
      ownerId: rich.account.id,
    });
    await store.db.world.createMany({ data: Array.from({ length: 99 }, (_, index) => row(index)) });
    const asked = await Promise.allSettled(
      ['rich-a', 'rich-b', 'rich-c'].map((slug) => make(slug, {}, rich)),
    );
    expect(await store.db.world.count({ where: { ownerId: rich.account.id } })).toBe(100);
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await store.db.world.deleteMany({ where: { ownerId: rich.account.id } });
  });
});

describe('who may', () => {
  test('change and remove: the owner and admins; to others a hidden world is unknown', async () => {
    await make('open');
    await make('hidden', { access: 'owner' });
    await expect(worlds.update('open', { capacity: 3 }, bob)).rejects.toEqual(refused('OW_ERR_FORBIDDEN'));
    await expect(worlds.remove('open', bob)).rejects.toEqual(refused('OW_ERR_FORBIDDEN'));
    await expect(members.add('open', bob.account.id, bob)).rejects.toEqual(refused('OW_ERR_FORBIDDEN'));
    for (const attempt of [
      () => worlds.visit('hidden', bob),
      () => worlds.enter('hidden', bob),
      () => worlds.update('hidden', { capacity: 3 }, bob),
      () => worlds.remove('hidden', bob),
    ]) {
      await expect(attempt()).rejects.toEqual(refused('OW_ERR_UNKNOWN_WORLD'));
    }
    const removed = await worlds.remove('hidden', admin);
    expect(await worlds.bySlug('hidden')).toBeUndefined();
    expect(await audited(removed.id)).toContainEqual(['world.remove', admin.account.id]);
    await expect(worlds.remove('hidden', admin)).rejects.toEqual(refused('OW_ERR_UNKNOWN_WORLD'));
  });

  test('enter: by the access of this moment', async () => {
    const guest = await person(store.db, { guest: true });
    const made = await make('gate');
    expect((await worlds.enter('gate', guest)).id).toBe(made.id);
    await worlds.update('gate', { access: 'accounts' }, ada);
    await expect(worlds.enter('gate', guest)).rejects.toEqual(refused('OW_ERR_ACCOUNT_NEEDED'));
    await worlds.update('gate', { access: 'members' }, ada);
    await expect(worlds.enter('gate', guest)).rejects.toEqual(refused('OW_ERR_UNKNOWN_WORLD'));
    await members.add('gate', guest.account.id, ada);
    expect((await worlds.enter('gate', guest)).id).toBe(made.id);
    await members.remove('gate', guest.account.id, ada);
    await expect(worlds.enter('gate', guest)).rejects.toEqual(refused('OW_ERR_UNKNOWN_WORLD'));
  });

  test('nobody enters a world whose scene is gone, until it is given another', async () => {
    const made = await make('ruin');
    await store.db.world.update({ where: { id: made.id }, data: { scene: 'f'.repeat(64) } });
    await expect(worlds.enter('ruin', bob)).rejects.toEqual(refused('OW_ERR_SCENE_GONE'));
    await worlds.update('ruin', { scene: 'hall' }, ada);
    expect((await worlds.enter('ruin', bob)).id).toBe(made.id);
  });

  test('members are added once, listed in pages, and go with their account', async () => {
    const made = await make('club', { access: 'members' });
    const people = await Promise.all(Array.from({ length: 5 }, () => person(store.db)));
    for (const one of people) await members.add('club', one.account.id, ada);
    await members.add('club', people[0]?.account.id ?? '', ada);
    const first = await members.list('club', ada, 3);
    const rest = await members.list('club', ada, 3, first.next ?? '');
    expect(rest.next).toBeNull();
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(
      people.map(({ account }) => account.id).sort(),
    );
    await expect(members.add('club', PLAZA_ID, ada)).rejects.toEqual(refused('OW_ERR_UNKNOWN_ACCOUNT'));
    await store.db.account.delete({ where: { id: people[0]?.account.id ?? '' } });
    expect((await members.list('club', ada, 10)).items).toHaveLength(4);
    expect(await audited(made.id)).toHaveLength(6);
  });
});

describe('lists', () => {
  test('show each what they may see, in pages that miss and repeat nothing', async () => {
    await Promise.all(
      (['everyone', 'accounts', 'members', 'owner'] as const).map((access) =>
        make(`list-${access}`, { access }),
      ),
    );
    await members.add('list-members', bob.account.id, ada);
    const rows = await store.db.world.findMany({
      include: { members: true, owner: true },
      orderBy: { slug: 'asc' },
    });
    const guest = await person(store.db, { guest: true });
    for (const who of [undefined, guest, bob, ada, admin]) {
      const expected = rows
        .filter((row) =>
          maySee(
            row,
            who,
            row.members.some(({ accountId }) => accountId === who?.account.id),
          ),
        )
        .map(({ slug }) => slug);
      const found: string[] = [];
      for (let cursor: string | undefined | null; cursor !== null; ) {
        const page = await worlds.list({ limit: 2, cursor }, who);
        expect(page.items.length).toBeLessThanOrEqual(2);
        found.push(...page.items.map(({ slug }) => slug));
        cursor = page.next;
      }
      expect(found).toEqual(expected);
      expect(found).toContain('list-accounts');
    }
  });

  test('are searched in slug, name and description, in any case, literally', async () => {
    await make('find-a', { name: '100% Käse_\\Rad' });
    await make('find-b', { description: 'Es ist 100 Prozent KÄSE' });
    const search = async (text: string) =>
      (await worlds.list({ limit: 50, text }, undefined)).items.map(({ slug }) => slug);
    expect(await search('find-')).toEqual(['find-a', 'find-b']);
    for (const text of ['KÄSE', 'käse', 'ka\u0308se'])
      expect(await search(text)).toEqual(['find-a', 'find-b']);
    await worlds.update('find-b', { description: 'nothing' }, ada);
    expect(await search('käse')).toEqual(['find-a']);
    expect(await search('100%')).toEqual(['find-a']);
    expect(await search('e_\\r')).toEqual(['find-a']);
    expect(await search('%')).toEqual(['find-a']);
    expect(await search('_')).toEqual(['find-a']);
    expect(await search('\\')).toEqual(['find-a']);
    expect(await search("'; drop table world; --")).toEqual([]);
  });
});
