// What a route of the public API is written with: an app that takes its types from zod schemas, and the answers
// that refuse. Schemas check what comes in, shape what goes out, and are the OpenAPI document.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault, RouteOptions } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type ErrorBody, type ErrorCode, statusOf } from '../errors.ts';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

type Problems<C extends ErrorCode> = { [S in ReturnType<typeof statusOf<C>>]: z.ZodType<ErrorBody> };

/** For `security` of a route that is answered only to those who have signed in. */
export const SIGNED_IN = [{ bearer: [] }];

/** What any route may answer; nobody has to say it of each. */
const ANYWHERE: readonly ErrorCode[] = [
  'OW_ERR_BAD_REQUEST',
  'OW_ERR_TOO_MANY',
  'OW_ERR_STOPPING',
  'OW_ERR_INTERNAL',
];
const WITH_BODY: readonly ErrorCode[] = ['OW_ERR_BODY_TOO_LARGE', 'OW_ERR_MEDIA_TYPE'];
const WITH_STREAM: readonly ErrorCode[] = ['OW_ERR_NOT_ACCEPTABLE'];

const codesOf = new WeakMap<object, readonly ErrorCode[]>();

/** The response schemas of these rows of the error table, by status. */
export function problems<C extends ErrorCode>(...codes: C[]): Problems<C> {
  const byStatus = Map.groupBy(codes, statusOf);
  const schemas = [...byStatus].map(([status, group]) => [status, problemSchema(status, group)]);
  return Object.fromEntries(schemas) as Problems<C>;
}

/** The rows that a route's response schemas declare. */
export function declaredProblems(response: object): ErrorCode[] {
  return Object.values(response).flatMap((schema) => codesOf.get(schema) ?? []);
}

/** A hook: a route of the API that the OpenAPI document could not tell of stops the start. */
export function checkRoute({ url, method, schema }: RouteOptions): void {
  if (!url.startsWith('/api/v1/') || schema?.hide) return;
  const { operationId, tags, summary, response } = schema ?? {};
  if (!operationId || tags?.length !== 1 || !summary || response === undefined) {
    throw new Error(
      `${method} ${url} needs an operationId, one tag, a summary and the schemas of its answers`,
    );
  }
}

/** A hook: completes the schema of a route with what any route may answer. */
export function declareCommonProblems({ schema, sse }: RouteOptions): void {
  if (schema?.response === undefined || schema.hide) return;
  const response = schema.response as Record<string, unknown>;
  const all = new Set([
    ...declaredProblems(response),
    ...ANYWHERE,
    ...(schema.body === undefined ? [] : WITH_BODY),
    ...(sse === undefined ? [] : WITH_STREAM),
  ]);
  schema.response = { ...response, ...problems(...all) };
}

/** An answer that goes on: Server-Sent Events, whose data are the schemas that the description names. */
export function eventStream(description: string) {
  return { description, content: { 'text/event-stream': { schema: z.string() } } };
}

function problemSchema(status: number, codes: readonly ErrorCode[]): z.ZodType<ErrorBody> {
  const schema = z
    .object({
      code: z.enum(codes as [ErrorCode]).describe('Stable; what programs look at.'),
      message: z.string().describe('One sentence on this case.'),
      hint: z.string().describe('What to do about it.'),
      status: z.literal(status),
    })
    .describe(codes.join(', '));
  codesOf.set(schema, codes);
  return schema as unknown as z.ZodType<ErrorBody>;
}
