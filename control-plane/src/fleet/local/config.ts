// The supervisor's environment. `docs/reference/environment.md` describes the keys for people.
import { resolve } from 'node:path';
import { z } from 'zod';
import { httpUrl, port, readEnv } from '../../env.ts';

const argv = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'is not JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.tuple([z.string().min(1)], z.string()));

const schema = z.object({
  OTHERWORLD_FLEET_HOST: z.string().default('127.0.0.1'),
  OTHERWORLD_FLEET_PORT: port.default(7402),
  // Absolute: Godot changes its working folder to that of its project.
  OTHERWORLD_DATA: z
    .string()
    .min(1)
    .transform((path) => resolve(path)),
  // Where each instance writes what was true, for measurements.
  OTHERWORLD_RECORD_DIR: z
    .string()
    .min(1)
    .transform((path) => resolve(path))
    .optional(),
  OTHERWORLD_INSTANCES: z.coerce.number().int().min(0).max(1000).default(1),
  OTHERWORLD_UDP_BASE_PORT: port.default(7420),
  OTHERWORLD_UDP_HOST: z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1'),
  OTHERWORLD_CONTROL_URL: httpUrl,
  OTHERWORLD_INSTANCE_COMMAND: argv,
  OTHERWORLD_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

export type SupervisorConfig = z.infer<typeof schema>;

export function readConfig(env: NodeJS.ProcessEnv): SupervisorConfig {
  return readEnv(schema, env);
}
