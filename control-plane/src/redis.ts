// The connection to Redis. While Redis is away a command fails with the next failed dial, within half a second, rather
// than wait for ever; and one that was sent and not answered fails too, because sending it again could do it twice.
import { Redis } from 'ioredis';

interface Log {
  warn(details: object, message: string): void;
}

const CONNECT_TIMEOUT_MS = 2_000;
/** For a Redis that takes commands and does not answer. */
const COMMAND_TIMEOUT_MS = 5_000;

const redial = (times: number) => Math.min(50 * 2 ** Math.min(times - 1, 10), 500);

export function connectRedis(url: string, log?: Log): Redis {
  const redis = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: redial,
  });
  return logged(redis, log);
}

/** For BullMQ, whose workers wait in a blocking command for as long as it takes. */
export function connectForQueue(url: string, log?: Log): Redis {
  return logged(new Redis(url, { maxRetriesPerRequest: null, retryStrategy: redial }), log);
}

/** One line when it goes and none while it stays away. */
function logged(redis: Redis, log: Log | undefined): Redis {
  let told = false;
  redis.on('ready', () => {
    told = false;
  });
  redis.on('error', (error) => {
    if (!told) log?.warn({ err: error }, 'Redis does not answer');
    told = true;
  });
  return redis;
}
