// Worlds over HTTP, on a whole control plane: what a creator, a player and nobody get to see, and the end of a world that runs.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { controlPlaneFixture, type Fixture, signedIn } from '../../test/control-plane-fixture.ts';
import type { FakeInstance } from '../../test/fake-instance.ts';
import { until } from '../../test/until.ts';
import { PLAZA_ID } from './seed.ts';

vi.setConfig({ testTimeout: 60_000 });

let fixture: Fixture;
let instance: FakeInstance;
let creator: Record<string, string>;
let player: Record<string, string>;

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

beforeAll(async () => {
  fixture = await controlPlaneFixture();
  [instance] = (await fixture.populate()) as [FakeInstance];
  const { db } = fixture.stores.database;
  creator = bearer(await signedIn(db, 'creator'));
  player = bearer(await signedIn(db, 'player'));
}, 60_000);
afterAll(() => fixture.close());

const make = (body: object, who = creator) =>
  fixture.ask('POST', '/api/v1/worlds', { scene: 'plaza', name: 'A lab', ...body }, who);
const WORLDS = '/api/v1/worlds';

describe('a world', () => {
  test('the plaza is there, for everybody, by either address', async () => {
    const bySlug = await fixture.ask('GET', `${WORLDS}/plaza`);
    expect(bySlug.body).toMatchObject({
      id: PLAZA_ID,
      slug: 'plaza',
      owner: null,
      scene: { id: 'plaza' },
      kind: 'copies',
      inside: 0,
    });
    expect((await fixture.ask('GET', `${WORLDS}/${PLAZA_ID.toUpperCase()}`)).body).toEqual(bySlug.body);
    expect((await fixture.ask('GET', WORLDS)).body.worlds).toContainEqual(bySlug.body);
  });

  test('is made by a creator, changed with the ETag of what was read, and removed', async () => {
    expect((await make({ slug: 'lab' }, player)).body.code).toBe('OW_ERR_FORBIDDEN');
    expect((await make({ slug: 'lab' }, {})).body.code).toBe('OW_ERR_SIGN_IN');
    const made = await make({ slug: 'lab', access: 'owner' });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe('/api/v1/worlds/lab');
    const etag = made.headers.get('etag') ?? '';
    const change = (body: object, headers: Record<string, string>) =>
      fixture.ask('PATCH', `${WORLDS}/lab`, body, headers);
    const changed = await change({ capacity: 9 }, { ...creator, 'if-match': etag });
    expect(changed.body).toMatchObject({ capacity: 9, name: 'A lab' });
    expect(changed.headers.get('etag')).not.toBe(etag);
    expect(await change({ capacity: 8 }, { ...creator, 'if-match': etag })).toMatchObject({ status: 412 });
    expect(await change({ capacity: 8 }, creator)).toMatchObject({ status: 200 });
    expect((await change({ tickRateHz: 60 }, creator)).body).toMatchObject({ code: 'OW_ERR_TICK_RATE' });
    expect((await fixture.ask('GET', `${WORLDS}/lab`, undefined, player)).status).toBe(404);
    expect((await fixture.ask('DELETE', `${WORLDS}/lab`, undefined, player)).status).toBe(404);
    expect((await fixture.ask('DELETE', `${WORLDS}/lab`, undefined, creator)).status).toBe(204);
    expect((await fixture.ask('GET', `${WORLDS}/lab`, undefined, creator)).status).toBe(404);
  });

  test('has members', async () => {
    await make({ slug: 'club', access: 'members' });
    const { id } = (await fixture.ask('GET', '/api/v1/account', undefined, player)).body;
    const path = `${WORLDS}/club/members`;
    expect((await fixture.ask('GET', `${WORLDS}/club`, undefined, player)).status).toBe(404);
    expect((await fixture.ask('PUT', `${path}/${id}`, undefined, creator)).status).toBe(204);
    expect((await fixture.ask('GET', `${WORLDS}/club`, undefined, player)).status).toBe(200);
    expect((await fixture.ask('GET', path, undefined, creator)).body.members).toMatchObject([{ id }]);
    expect((await fixture.ask('GET', path, undefined, player)).body.code).toBe('OW_ERR_FORBIDDEN');
    expect((await fixture.ask('DELETE', `${path}/${id}`, undefined, creator)).status).toBe(204);
    expect((await fixture.ask('GET', `${WORLDS}/club`, undefined, player)).status).toBe(404);
  });

  test.for([
    ['?limit=0'],
    ['?limit=101'],
    ['?cursor=nonsense'],
    ['?cursor=%00'],
    ['?q=%00'],
    ['?q=a&more=1'],
    [`?q=${'x'.repeat(81)}`],
  ])('a list is refused: %s', async ([query]) => {
    const { status, body } = await fixture.ask('GET', WORLDS + query);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'OW_ERR_BAD_REQUEST' });
  });

  test('a list goes on where the page before ended, and a search finds', async () => {
    for (const slug of ['page-a', 'page-b', 'page-c']) await make({ slug });
    const first = (await fixture.ask('GET', `${WORLDS}?q=PAGE-&limit=2`)).body;
    expect(first.worlds.map(({ slug }: { slug: string }) => slug)).toEqual(['page-a', 'page-b']);
    const rest = (await fixture.ask('GET', `${WORLDS}?q=PAGE-&limit=2&cursor=${first.next}`)).body;
    expect(rest).toMatchObject({ worlds: [{ slug: 'page-c' }], next: null });
  });
});

test('settings act in the next instance, and a world that is removed takes its instance with it', async () => {
  const { body: world } = await make({ slug: 'running', capacity: 2 });
  const assign = () => fixture.join('Ada', 'running');
  expect((await assign()).body.world).toMatchObject({ id: world.id });
  expect(instance.of('assignWorld')[0]?.value).toMatchObject({ capacity: 2, world: { id: world.id } });
  await fixture.ask('PATCH', `${WORLDS}/running`, { capacity: 1 }, creator);
  expect((await assign()).status).toBe(200); // the one that runs keeps its two seats
  const seen = async () => (await fixture.ask('GET', `${WORLDS}/running`)).body;
  await until(async () => (await seen()).inside === 2, 2_000); // what is shown may be a tenth of a second old
  expect(await seen()).toMatchObject({ capacity: 1 });

  await fixture.ask('DELETE', `${WORLDS}/running`, undefined, creator);
  await until(() => instance.of('shutdown').length > 0, 1_000);
});
