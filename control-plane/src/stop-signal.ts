// A graceful end: the first SIGTERM or SIGINT stops things in order, a second one does not wait.
import type { FastifyBaseLogger } from 'fastify';

export function onStopSignal(log: FastifyBaseLogger, close: () => Promise<void>): void {
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    try {
      await close();
      process.exit(0);
    } catch (error) {
      log.error({ err: error }, 'could not stop in order');
      process.exit(1);
    }
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
