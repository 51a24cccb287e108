// The public API of worlds. Looking needs no sign-in; making one needs a creator, changing one its owner or an admin.
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Role, Who, WhoAsks } from '../accounts/who.ts';
import { ApiError } from '../errors.ts';
import { type App, problems, SIGNED_IN } from '../http/route.ts';
import { fromCursor, next, paging, text, toCursor, uuid } from '../http/schemas.ts';
import type { WorldsFeature } from './feature.ts';
import { newWorld, worldChange } from './settings.ts';
import { account, scene, sceneView, world, worldView } from './views.ts';
import { etagOf, type World } from './world.ts';

const address = z.strictObject({ world: text(1, 64).describe('Id or slug.') });
const membership = z.strictObject({ ...address.shape, account: uuid });
const ifMatch = z.object({
  'if-match': z
    .string()
    .max(64)
    .optional()
    .describe('`ETag` of the settings that the change is based on; without it the last change wins.'),
});
const search = z.strictObject({
  ...paging,
  q: text(0, 80).optional().describe('Part of a slug, name or description, in any case.'),
});
const worldList = z.object({ worlds: z.array(world), next });
const memberList = z.object({ members: z.array(account), next });
const nothing = z.null().describe('Done.');

export function worldRoutes(app: App, feature: WorldsFeature, ask: WhoAsks): void {
  const { worlds, members, scenes, publicUrl } = feature;
  const tags = ['worlds'];
  // Before anything of the request is looked at.
  const mustBe = (role: Role) => async (request: FastifyRequest) => void (await ask.atLeast(request, role));
  const views = async (found: readonly World[]) => {
    const inside = await feature.inside();
    const taken = (id: string) => (inside === undefined ? null : (inside.get(id) ?? 0));
    return found.map((one) => worldView(one, taken(one.id), scenes, publicUrl));
  };
  const view = async (found: World) => (await views([found]))[0] as z.output<typeof world>;

  app.get(
    '/api/v1/scenes',
    {
      schema: {
        operationId: 'listScenes',
        tags,
        summary: 'What worlds can be made of',
        response: { 200: z.object({ scenes: z.array(scene) }) },
      },
    },
    async () => ({ scenes: scenes.all().map((one) => sceneView(one, publicUrl)) }),
  );

  app.get(
    '/api/v1/worlds',
    {
      schema: {
        operationId: 'listWorlds',
        tags,
        summary: 'The worlds that the caller may see, by slug',
        security: MAYBE_SIGNED_IN,
        querystring: search,
        response: { 200: worldList, ...problems('OW_ERR_SIGN_IN', 'OW_ERR_BANNED') },
      },
    },
    async (request) => {
      const { limit, q } = request.query;
      const cursor = placeOf(request.query.cursor);
      const page = await worlds.list({ limit, cursor, text: q }, await whoIfAny(ask, request));
      return {
        worlds: await views(page.items),
        next: page.next && toCursor(page.next),
      };
    },
  );

  app.post(
    '/api/v1/worlds',
    {
      onRequest: mustBe('creator'),
      schema: {
        operationId: 'createWorld',
        tags,
        summary: 'Makes a world of a scene',
        security: SIGNED_IN,
        body: newWorld,
        response: {
          201: world,
          ...problems(
            'OW_ERR_SIGN_IN',
            'OW_ERR_FORBIDDEN',
            'OW_ERR_BANNED',
            'OW_ERR_UNKNOWN_SCENE',
            'OW_ERR_SLUG_TAKEN',
            'OW_ERR_TOO_MANY_WORLDS',
            'OW_ERR_TICK_RATE',
            'OW_ERR_BUSY',
          ),
        },
      },
    },
    async (request, reply) => {
      const who = await ask.signedIn(request);
      const made = await worlds.create(request.body, who);
      return reply
        .code(201)
        .header('location', `/api/v1/worlds/${made.slug}`)
        .header('etag', etagOf(made))
        .send(await view(made));
    },
  );

  app.get(
    '/api/v1/worlds/:world',
    {
      schema: {
        operationId: 'getWorld',
        tags,
        summary: 'One world',
        security: MAYBE_SIGNED_IN,
        params: address,
        response: { 200: world, ...problems('OW_ERR_SIGN_IN', 'OW_ERR_BANNED', 'OW_ERR_UNKNOWN_WORLD') },
      },
    },
    async (request, reply) => {
      const found = await worlds.visit(request.params.world, await whoIfAny(ask, request));
      return reply.header('etag', etagOf(found)).send(await view(found));
    },
  );

  app.patch(
    '/api/v1/worlds/:world',
    {
      onRequest: mustBe('player'),
      schema: {
        operationId: 'updateWorld',
        tags,
        summary: 'Changes settings; instances that run keep theirs',
        security: SIGNED_IN,
        params: address,
        headers: ifMatch,
        body: worldChange,
        response: {
          200: world,
          ...problems(...CHANGES, 'OW_ERR_CHANGED', 'OW_ERR_UNKNOWN_SCENE', 'OW_ERR_TICK_RATE'),
        },
      },
    },
    async (request, reply) => {
      const who = await ask.signedIn(request);
      const expected = request.headers['if-match'];
      const changed = await worlds.update(request.params.world, request.body, who, expected);
      return reply.header('etag', etagOf(changed)).send(await view(changed));
    },
  );

  app.delete(
    '/api/v1/worlds/:world',
    {
      onRequest: mustBe('player'),
      schema: {
        operationId: 'removeWorld',
        tags,
        summary: 'Removes a world and ends its instances',
        security: SIGNED_IN,
        params: address,
        response: { 204: nothing, ...problems(...CHANGES, 'OW_ERR_WORLD_BUILT_IN') },
      },
    },
    async (request, reply) => {
      const removed = await worlds.remove(request.params.world, await ask.signedIn(request));
      await feature.endInstancesOf(removed.id);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/api/v1/worlds/:world/members',
    {
      onRequest: mustBe('player'),
      schema: {
        operationId: 'listMembers',
        tags,
        summary: 'Who may enter a world for members',
        security: SIGNED_IN,
        params: address,
        querystring: z.strictObject(paging),
        response: { 200: memberList, ...problems(...CHANGES) },
      },
    },
    async (request) => {
      const who = await ask.signedIn(request);
      const { limit, cursor } = request.query;
      const page = await members.list(request.params.world, who, limit, placeOf(cursor, uuid));
      return { members: [...page.items], next: page.next && toCursor(page.next) };
    },
  );

  app.put(
    '/api/v1/worlds/:world/members/:account',
    {
      onRequest: mustBe('player'),
      schema: {
        operationId: 'addMember',
        tags,
        summary: 'Makes somebody a member',
        security: SIGNED_IN,
        params: membership,
        response: {
          204: nothing,
          ...problems(...CHANGES, 'OW_ERR_UNKNOWN_ACCOUNT', 'OW_ERR_TOO_MANY_MEMBERS'),
        },
      },
    },
    async (request, reply) => {
      const { params } = request;
      await members.add(params.world, params.account, await ask.signedIn(request));
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/api/v1/worlds/:world/members/:account',
    {
      onRequest: mustBe('player'),
      schema: {
        operationId: 'removeMember',
        tags,
        summary: 'Ends a membership; whoever is inside stays',
        security: SIGNED_IN,
        params: membership,
        response: { 204: nothing, ...problems(...CHANGES) },
      },
    },
    async (request, reply) => {
      const { params } = request;
      await members.remove(params.world, params.account, await ask.signedIn(request));
      return reply.code(204).send(null);
    },
  );
}

/** Those who have signed in see more. */
const MAYBE_SIGNED_IN = [{}, { bearer: [] }];

const CHANGES = [
  'OW_ERR_SIGN_IN',
  'OW_ERR_FORBIDDEN',
  'OW_ERR_BANNED',
  'OW_ERR_UNKNOWN_WORLD',
  'OW_ERR_BUSY',
] as const;

async function whoIfAny(ask: WhoAsks, request: FastifyRequest): Promise<Who | undefined> {
  return request.headers.authorization === undefined ? undefined : ask.signedIn(request);
}

function placeOf(cursor: string | undefined, schema = text(1, 64) as z.ZodType<string>): string | undefined {
  if (cursor === undefined) return undefined;
  const place = fromCursor(cursor, schema);
  if (place === undefined)
    throw new ApiError('OW_ERR_BAD_REQUEST', 'query.cursor: is none that this list gave');
  return place;
}
