// Tickets over HTTP. What a ticket does is `tickets.ts`; here are its shapes, and the three ways to wait on one: ask again,
// let one request wait (`Prefer: wait=N`, RFC 7240), or listen to its events.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { WhoAsks } from '../accounts/who.ts';
import { type App, eventStream, problems, SIGNED_IN } from '../http/route.ts';
import { uuid } from '../http/schemas.ts';
import { ticketEvents } from './events.ts';
import { TICKET_STATES, ticketAsk } from './ticket.ts';
import type { Tickets } from './tickets.ts';

const MAX_WAIT_SECONDS = 30;

const reason = z
  .object({ code: z.string(), message: z.string(), hint: z.string() })
  .describe('Why it ended: a row of the error table.');

const connect = z
  .object({
    seat: z.string(),
    user: z.string(),
    instance: z.string(),
    world: z.object({ id: z.string(), sha256: z.string(), url: z.string() }),
    protocolHash: z.string(),
    pipes: z
      .array(
        z.object({
          pipe: z.string(),
          token: z.string().describe("netcode's connect token, in base64."),
          url: z.string().optional(),
          ticket: z.string().optional(),
        }),
      )
      .readonly(),
  })
  .describe('The way in: one token for each pipe, good for a short while.');

const ticket = z.object({
  id: z.string(),
  world: z.string().describe('Id of the world.'),
  state: z.enum(TICKET_STATES),
  position: z.int().nullable().describe('In the queue of the world, from 1; null once it is decided.'),
  estimateSeconds: z.int().nullable().describe('By how seats came free lately; null while nobody can say.'),
  reason: reason.nullable(),
  connect: connect.nullable(),
});

const byId = z.strictObject({ id: uuid });
const FOR_OWNER = ['OW_ERR_SIGN_IN', 'OW_ERR_BANNED', 'OW_ERR_QUEUE_AWAY', 'OW_ERR_SEATS_AWAY'] as const;
const tags = ['tickets'];

export interface TicketRoutesDeps {
  readonly tickets: Tickets;
  readonly who: WhoAsks;
  readonly stopping: { readonly signal: AbortSignal };
}

export function ticketRoutes(app: App, { tickets, who, stopping }: TicketRoutesDeps): void {
  /** Nobody waits any longer: the client has gone, or this process is about to. */
  const over = (reply: FastifyReply): AbortSignal => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    return AbortSignal.any([gone.signal, stopping.signal]);
  };

  app.post(
    '/api/v1/tickets',
    {
      schema: {
        operationId: 'askForTicket',
        tags,
        summary: 'Ask for a seat in a world',
        description:
          'The same wish again is the same ticket, with its place; another wish takes its place. `Prefer: wait=N` answers when it is decided, or after N seconds (at most 30).',
        security: SIGNED_IN,
        body: ticketAsk,
        response: {
          200: ticket.describe('The ticket that there was already.'),
          201: ticket,
          ...problems(
            ...FOR_OWNER,
            'OW_ERR_UNKNOWN_WORLD',
            'OW_ERR_ACCOUNT_NEEDED',
            'OW_ERR_SCENE_GONE',
            'OW_ERR_PARTY_TOO_LARGE',
          ),
        },
      },
    },
    async (request, reply) => {
      const asking = await who.signedIn(request);
      const { news, isNew } = await tickets.ask(request.body, asking);
      reply.code(isNew ? 201 : 200).header('location', `/api/v1/tickets/${news.id}`);
      const seconds = preferredWait(request);
      if (seconds === undefined) return tickets.show(news);
      reply.header('preference-applied', `wait=${seconds}`);
      const decided = await tickets.decided(
        news,
        AbortSignal.any([over(reply), AbortSignal.timeout(seconds * 1000)]),
      );
      return tickets.show(decided);
    },
  );

  app.get(
    '/api/v1/tickets/:id',
    {
      schema: {
        operationId: 'getTicket',
        tags,
        summary: 'Look at a ticket of your own',
        description: 'A ticket lives while its owner looks at it, or listens, at least every 30 seconds.',
        security: SIGNED_IN,
        params: byId,
        response: { 200: ticket, ...problems(...FOR_OWNER, 'OW_ERR_UNKNOWN_TICKET') },
      },
    },
    async (request) => {
      const { account } = await who.signedIn(request);
      return tickets.show(await tickets.look(request.params.id, account.id));
    },
  );

  app.delete(
    '/api/v1/tickets/:id',
    {
      schema: {
        operationId: 'cancelTicket',
        tags,
        summary: 'Give up a ticket of your own',
        description: 'One that is decided stays as it is.',
        security: SIGNED_IN,
        params: byId,
        response: { 200: ticket, ...problems(...FOR_OWNER, 'OW_ERR_UNKNOWN_TICKET') },
      },
    },
    async (request) => {
      const { account } = await who.signedIn(request);
      return tickets.show(await tickets.cancel(request.params.id, account.id));
    },
  );

  app.get(
    '/api/v1/tickets/:id/events',
    {
      sse: 'only',
      schema: {
        operationId: 'followTicket',
        tags,
        summary: 'Follow a ticket of your own until it is decided',
        description:
          'First how it stands, then each change: events `position`, `opening`, `seated`, `ended`.',
        security: SIGNED_IN,
        params: byId,
        response: {
          200: eventStream('Each event is the ticket.'),
          ...problems(...FOR_OWNER, 'OW_ERR_UNKNOWN_TICKET'),
        },
      },
    },
    async (request, reply) => {
      const { account } = await who.signedIn(request);
      const news = await tickets.look(request.params.id, account.id);
      await reply.sse.send(ticketEvents(tickets, news, over(reply)));
    },
  );
}

/** RFC 7240, 4.3; what it does not say in whole seconds is no wish. */
function preferredWait({ headers }: FastifyRequest): number | undefined {
  const found = /(?:^|[,;\s])wait=(\d{1,4})(?=$|[,;\s])/.exec(String(headers.prefer ?? ''))?.[1];
  return found === undefined ? undefined : Math.min(Number(found), MAX_WAIT_SECONDS);
}
