// The public API of moderation. All of it is for admins.
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { WhoAsks } from '../accounts/who.ts';
import { type App, problems, SIGNED_IN } from '../http/route.ts';
import { decimal, instanceName, isoTime, next, paging, text, uuid } from '../http/schemas.ts';
import { ACTIONS } from './audit.ts';
import { lift, listBans, ban as makeBan } from './bans.ts';
import type { ModerationFeature } from './feature.ts';
import { kickAccount, kickSeat } from './kick.ts';
import { pageOf, placeOf } from './page.ts';
import { readAudit } from './read-audit.ts';
import { ban, banView, entry, entryView } from './views.ts';
import { announce } from './watch.ts';

const MAX_REASON = 200;
const reason = text(1, MAX_REASON).describe('Shown to the player.');
const ADMINS = ['OW_ERR_SIGN_IN', 'OW_ERR_FORBIDDEN', 'OW_ERR_BANNED', 'OW_ERR_BUSY'] as const;
const nothing = z.null().describe('Done.');

const flag = z.enum(['true', 'false']).transform((said) => said === 'true');
const bansQuery = z.strictObject({ ...paging, account: uuid.optional(), inForce: flag.optional() });
const auditQuery = z.strictObject({
  ...paging,
  actor: uuid.optional(),
  action: z.enum(ACTIONS).optional(),
  target: text(1, 128).optional(),
});

export function moderationRoutes(app: App, feature: ModerationFeature, ask: WhoAsks): void {
  const { db, bus } = feature;
  // Before anything of the request is looked at.
  const onRequest = async (request: FastifyRequest) => void (await ask.atLeast(request, 'admin'));
  const guarded = { tags: ['moderation'], security: SIGNED_IN };

  app.post(
    '/api/v1/accounts/:account/kick',
    {
      onRequest,
      schema: {
        ...guarded,
        operationId: 'kickAccount',
        summary: 'Sends somebody out of wherever they are; they may come again',
        params: z.strictObject({ account: uuid }),
        body: z.strictObject({ reason }),
        response: {
          200: z.object({ kicked: uuid, instances: z.array(z.string()) }),
          ...problems(...ADMINS, 'OW_ERR_NOT_INSIDE', 'OW_ERR_INSTANCE_SILENT'),
        },
      },
    },
    async (request) => {
      const admin = await ask.signedIn(request);
      const { account } = request.params;
      const asked = { account, reason: request.body.reason };
      return { kicked: account, instances: await kickAccount(feature, asked, admin.account.id) };
    },
  );

  app.post(
    '/api/v1/instances/:name/kick',
    {
      onRequest,
      schema: {
        ...guarded,
        operationId: 'kick',
        summary: 'Sends the player of one seat out',
        params: z.strictObject({ name: instanceName }),
        body: z.strictObject({ seat: decimal, reason: text(0, MAX_REASON).default('') }),
        response: {
          200: z.object({ kicked: decimal }),
          ...problems(...ADMINS, 'OW_ERR_UNKNOWN_INSTANCE', 'OW_ERR_UNKNOWN_SEAT', 'OW_ERR_INSTANCE_SILENT'),
        },
      },
    },
    async (request) => {
      const admin = await ask.signedIn(request);
      const { seat, reason } = request.body;
      await kickSeat(
        feature,
        { instance: request.params.name, seat: BigInt(seat), reason },
        admin.account.id,
      );
      return { kicked: seat };
    },
  );

  app.post(
    '/api/v1/bans',
    {
      onRequest,
      schema: {
        ...guarded,
        operationId: 'ban',
        summary: 'Keeps somebody out, at once and everywhere',
        body: z.strictObject({
          account: uuid,
          reason,
          until: isoTime.optional().describe('Without it: for good.'),
        }),
        response: {
          201: ban,
          ...problems(...ADMINS, 'OW_ERR_UNKNOWN_ACCOUNT', 'OW_ERR_BAN_SELF', 'OW_ERR_ALREADY_BANNED'),
        },
      },
    },
    async (request, reply) => {
      const admin = await ask.signedIn(request);
      const { account, reason, until } = request.body;
      const asked = { account, reason, until: until === undefined ? undefined : new Date(until) };
      const made = await makeBan(db, asked, admin.account.id);
      // It holds already; when Redis is away each process finds it by itself.
      await announce(bus, made).catch((error) =>
        request.log.warn({ err: error }, 'the ban is not announced'),
      );
      return reply.code(201).send(banView(made));
    },
  );

  app.get(
    '/api/v1/bans',
    {
      onRequest,
      schema: {
        ...guarded,
        operationId: 'listBans',
        summary: 'Bans, the newest first',
        querystring: bansQuery,
        response: { 200: z.object({ bans: z.array(ban), next }), ...problems(...ADMINS) },
      },
    },
    async (request) => {
      const { limit, cursor, account, inForce } = request.query;
      const found = await listBans(db, { limit: limit + 1, before: placeOf(cursor), account, inForce });
      const { rows, next } = pageOf(found, limit, ({ createdAt }) => createdAt);
      return { bans: rows.map(banView), next };
    },
  );

  app.delete(
    '/api/v1/bans/:id',
    {
      onRequest,
      schema: {
        ...guarded,
        operationId: 'liftBan',
        summary: 'Lets somebody in again',
        params: z.strictObject({ id: uuid }),
        response: { 204: nothing, ...problems(...ADMINS, 'OW_ERR_UNKNOWN_BAN') },
      },
    },
    async (request, reply) => {
      const admin = await ask.signedIn(request);
      await lift(db, request.params.id, admin.account.id);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/api/v1/audit',
    {
      onRequest,
      schema: {
        ...guarded,
        operationId: 'readAudit',
        summary: 'Who did what to whom, the newest first',
        querystring: auditQuery,
        response: { 200: z.object({ entries: z.array(entry), next }), ...problems(...ADMINS) },
      },
    },
    async (request) => {
      const { limit, cursor, actor, action, target } = request.query;
      const found = await readAudit(db, { limit: limit + 1, before: placeOf(cursor), actor, action, target });
      const { rows, next } = pageOf(found, limit, ({ at }) => at);
      return { entries: rows.map(entryView), next };
    },
  );
}
