// One line in the log for each request is more than anybody reads; refusals and mistakes are logged where they are
// answered.
import { LogController } from 'fastify';

export function quietRequests(): LogController {
  return new LogController({ disableRequestLogging: true });
}
