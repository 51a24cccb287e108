// Guests, and what holders of a token do with it: rotate, look at their sessions, end them.
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import { type App, problems, SIGNED_IN } from '../../http/route.ts';
import { isoTime, text, uuid } from '../../http/schemas.ts';
import type { AccountsFeature } from '../feature.ts';
import { bearer } from '../token.ts';
import { grant, grantView, nothing } from '../views.ts';
import { whoAsks } from '../who.ts';

const session = z.object({
  id: uuid,
  createdAt: isoTime,
  rotatedAt: isoTime,
  expiresAt: isoTime,
  current: z.boolean().describe('The one that asks.'),
});

/** Tokens are for the client alone, not for what lies between. */
export const unstored = (reply: FastifyReply) => reply.header('cache-control', 'no-store');

export function sessionRoutes(app: App, { accounts, db }: AccountsFeature): void {
  const { signedIn } = whoAsks(accounts);
  // Whoever is kept out may still end their sessions.
  const anyone = whoAsks({ authenticate: (token) => accounts.recognise(token) });
  const tags = ['sessions'];
  const signed = { tags, security: SIGNED_IN };

  app.post(
    '/api/v1/guests',
    {
      schema: {
        tags,
        operationId: 'createGuest',
        summary: 'Makes a guest, who is signed in at once and may sign up later',
        body: z.strictObject({
          name: text(0, 256).default('').describe('What others see, made presentable.'),
        }),
        response: { 201: grant, ...problems('OW_ERR_BUSY') },
      },
    },
    async ({ body }, reply) => {
      const made = await accounts.guest(body.name);
      return unstored(reply).code(201).send(grantView(made));
    },
  );

  app.post(
    '/api/v1/sessions/rotate',
    {
      schema: {
        ...signed,
        operationId: 'rotateSession',
        summary: 'Gives the session another token, good for 30 days',
        description:
          'The old token stays good for a minute, within which asking again with it gives the same answer. Used after that, it ends the session: somebody has stolen it.',
        response: { 200: grant, ...problems('OW_ERR_SIGN_IN', 'OW_ERR_BUSY') },
      },
    },
    async ({ headers }, reply) => {
      const rotated = await accounts.rotate(bearer(headers.authorization) ?? '');
      if (rotated === undefined) throw new ApiError('OW_ERR_SIGN_IN');
      return unstored(reply).send(grantView(rotated));
    },
  );

  app.get(
    '/api/v1/sessions',
    {
      schema: {
        ...signed,
        operationId: 'listSessions',
        summary: 'Lists where this account is signed in, the newest first',
        response: {
          200: z.object({ sessions: z.array(session) }),
          ...problems('OW_ERR_SIGN_IN', 'OW_ERR_BANNED'),
        },
      },
    },
    async (request) => {
      const who = await signedIn(request);
      const sessions = await db.session.findMany({
        where: { accountId: who.account.id, expiresAt: { gt: new Date() } },
        orderBy: { createdAt: 'desc' },
        take: 100,
      });
      return {
        sessions: sessions.map(({ id, createdAt, rotatedAt, expiresAt }) => ({
          id,
          createdAt: createdAt.toISOString(),
          rotatedAt: rotatedAt.toISOString(),
          expiresAt: expiresAt.toISOString(),
          current: id === who.session,
        })),
      };
    },
  );

  app.delete(
    '/api/v1/sessions/current',
    {
      schema: {
        ...signed,
        operationId: 'signOut',
        summary: 'Ends this session',
        response: { 204: nothing, ...problems('OW_ERR_SIGN_IN', 'OW_ERR_BUSY') },
      },
    },
    async (request, reply) => {
      const who = await anyone.signedIn(request);
      await accounts.signOut(who, who.session);
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/api/v1/sessions/:id',
    {
      schema: {
        ...signed,
        operationId: 'endSession',
        summary: 'Ends one session of this account',
        params: z.strictObject({ id: uuid }),
        response: { 204: nothing, ...problems('OW_ERR_SIGN_IN', 'OW_ERR_UNKNOWN_SESSION', 'OW_ERR_BUSY') },
      },
    },
    async (request, reply) => {
      const ended = await accounts.signOut(await anyone.signedIn(request), request.params.id);
      if (!ended) throw new ApiError('OW_ERR_UNKNOWN_SESSION');
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/api/v1/sessions',
    {
      schema: {
        ...signed,
        operationId: 'signOutEverywhere',
        summary: 'Ends every session of this account',
        response: { 204: nothing, ...problems('OW_ERR_SIGN_IN', 'OW_ERR_BUSY') },
      },
    },
    async (request, reply) => {
      await accounts.signOutEverywhere(await anyone.signedIn(request));
      return reply.code(204).send(null);
    },
  );
}
