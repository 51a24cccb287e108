// Turns whatever a route throws into a row of the error table. What is not foreseen is our own mistake, and only
// that is logged as an error.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ApiError } from '../errors.ts';
import { FleetUnavailable } from '../fleet/provider.ts';
import { isAway } from '../persistence/away.ts';

export function errorHandling(app: FastifyInstance): void {
  app.setErrorHandler(answerError);
  // The one refusal that a plugin answers by itself: a client that does not take event streams.
  app.addHook('preSerialization', async (_request, reply, payload) =>
    reply.statusCode === 406 ? new ApiError('OW_ERR_NOT_ACCEPTABLE').body() : payload,
  );
}

/** Also for what fails before there is a route, such as an address that cannot be decoded. */
export async function answerError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const known = asApiError(error);
  if (known.code === 'OW_ERR_INTERNAL') request.log.error({ err: error }, 'request failed');
  else request.log.debug({ code: known.code, detail: known.message }, 'request refused');
  if (known.status === 503) reply.header('retry-after', '1');
  await reply
    .code(known.status)
    .header('x-request-id', request.id)
    .type('application/json; charset=utf-8')
    // A refusal is sent as it is: a row that the route forgot to declare must not become another refusal.
    .serializer(JSON.stringify)
    .send(known.body());
}

function asApiError(error: FastifyError): ApiError {
  if (error instanceof ApiError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return new ApiError('OW_ERR_BAD_REQUEST', faults(error));
  if (error instanceof z.ZodError) return new ApiError('OW_ERR_BAD_REQUEST', sentence(error));
  if (error instanceof FleetUnavailable) return new ApiError('OW_ERR_FLEET_UNAVAILABLE');
  if (isAway(error)) return new ApiError('OW_ERR_STORE_AWAY');
  switch (error.statusCode) {
    case 404:
      return new ApiError('OW_ERR_NOT_FOUND');
    case 413:
      return new ApiError('OW_ERR_BODY_TOO_LARGE');
    case 415:
      return new ApiError('OW_ERR_MEDIA_TYPE');
    case 503:
      return new ApiError('OW_ERR_STOPPING');
    default: {
      const isTheirs = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
      return isTheirs ? new ApiError('OW_ERR_BAD_REQUEST', error.message) : new ApiError('OW_ERR_INTERNAL');
    }
  }
}

const PLACES: Record<string, string> = { params: 'path', querystring: 'query', headers: 'header' };

function faults(error: Pick<FastifyError, 'validation' | 'validationContext'>): string {
  const place = PLACES[error.validationContext ?? ''] ?? 'body';
  return (error.validation ?? [])
    .map(
      ({ instancePath, message }) =>
        `${place}${instancePath.replace(/\/$/, '').replaceAll('/', '.')}: ${message}`,
    )
    .join('; ');
}

function sentence(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; ');
}
