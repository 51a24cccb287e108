// The control plane's environment. `docs/reference/environment.md` describes the keys for people.
import { z } from 'zod';
import { httpUrl, port, readEnv } from './env.ts';
import { ranges } from './http/address-ranges.ts';

export const databaseUrl = z.url({ protocol: /^postgres(ql)?$/ });

/** `api` serves HTTP, gateway and instances; `worker` does what nobody waits for. */
const ROLES = ['api', 'worker'] as const;
const roles = z
  .string()
  .default(ROLES.join())
  .transform((text) => text.split(',').map((role) => role.trim()))
  .pipe(z.array(z.enum(ROLES)).min(1));

const schema = z.object({
  OTHERWORLD_HOST: z.string().default('127.0.0.1'),
  OTHERWORLD_PORT: port.default(7400),
  OTHERWORLD_GRPC_HOST: z.string().default('127.0.0.1'),
  OTHERWORLD_GRPC_PORT: port.default(7401),
  OTHERWORLD_METRICS_HOST: z.string().default('127.0.0.1'),
  OTHERWORLD_METRICS_PORT: port.default(7405),
  OTHERWORLD_DATA: z.string().min(1),
  OTHERWORLD_FLEET_URL: httpUrl.default('http://127.0.0.1:7402'),
  OTHERWORLD_PUBLIC_URL: httpUrl.optional(),
  OTHERWORLD_CONSOLE_DIR: z.string().optional(),
  OTHERWORLD_WORLDS_DIR: z.string().min(1),
  OTHERWORLD_IDLE_SECONDS: z.coerce.number().positive().max(86_400).default(60),
  OTHERWORLD_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
  OTHERWORLD_RATE_LIMIT_ALLOW: ranges.optional(),
  OTHERWORLD_TRUST_PROXY: ranges.optional(),
  OTHERWORLD_STOP_NOTICE_SECONDS: z.coerce.number().min(0).max(60).default(0),
  DATABASE_URL: databaseUrl,
  REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  OTHERWORLD_ROLES: roles,
  OTHERWORLD_SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  OTHERWORLD_MAIL_FROM: z
    .string()
    .regex(/@/, 'must hold an e-mail')
    .default('Otherworld <no-reply@localhost>'),
  OTHERWORLD_OIDC: z.string().optional(),
});

export type Config = z.infer<typeof schema>;

export function readConfig(env: NodeJS.ProcessEnv): Config {
  return readEnv(schema, env);
}

/** Where players and instances reach the HTTP side. */
export function publicUrl(config: Config): string {
  const { OTHERWORLD_PUBLIC_URL: told, OTHERWORLD_HOST: host, OTHERWORLD_PORT: listening } = config;
  const wildcard = host === '0.0.0.0' || host === '::';
  return (told ?? `http://${wildcard ? '127.0.0.1' : host}:${listening}`).replace(/\/$/, '');
}
