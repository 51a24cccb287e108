// The log: lines of JSON, in which no secret of anybody stands. Who logs an object with a password or a token in it has
// made a mistake; this keeps it from being read.
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

const SECRETS = ['password', 'token', 'authorization', 'cookie', 'secret', 'connect'];
/** As deep as requests and our own objects are. */
const DEPTHS = ['', '*.', '*.*.'];

export function makeLog(level: LoggerOptions['level'], destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    name: 'control-plane',
    level: level ?? 'info',
    redact: {
      paths: DEPTHS.flatMap((depth) => SECRETS.map((key) => `${depth}${key}`)),
      censor: '[secret]',
    },
    serializers: {
      // The query of an address may hold a ticket or an OpenID code.
      req: ({ method, url, ip }: { method: string; url: string; ip?: string }) => ({
        method,
        path: url?.split('?')[0],
        address: ip,
      }),
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
