// The OpenID providers that people may sign in with: one key of the environment, read at the start. What a provider says of
// itself is asked for when somebody first wants to go there, so that one that is away keeps nobody from starting.
import { readFileSync } from 'node:fs';
import {
  allowInsecureRequests,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client';
import { z } from 'zod';
import { ConfigError } from '../../env.ts';
import { ApiError } from '../../errors.ts';

const TIMEOUT_S = 5;

const provider = z
  .strictObject({
    /** In addresses. */
    name: z.string().regex(/^[a-z0-9-]{1,32}$/),
    /** On the button. */
    label: z.string().min(1).max(64).optional(),
    issuer: z.url({ protocol: /^https?$/ }),
    clientId: z.string().min(1),
    clientSecret: z.string().min(1).optional(),
    clientSecretFile: z.string().min(1).optional(),
    scopes: z.array(z.string().min(1)).default(['openid', 'profile']),
  })
  .refine(({ issuer }) => issuer.startsWith('https:') || isLoopback(issuer), {
    path: ['issuer'],
    message: 'must be https, but for one on this machine',
  })
  .refine(({ clientSecret, clientSecretFile }) => !clientSecret || !clientSecretFile, {
    path: ['clientSecret'],
    message: 'is given twice, as a value and as a file',
  });

const providers = z
  .array(provider)
  .max(16)
  .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'two have the same name');

type Settings = z.infer<typeof provider>;

export interface Provider {
  readonly name: string;
  readonly label: string;
  readonly scopes: readonly string[];
  /** OW_ERR_OIDC_UNAVAILABLE while it is away; asked again the next time. */
  configuration(): Promise<Configuration>;
}

export function readProviders(json: string | undefined): ReadonlyMap<string, Provider> {
  if (json === undefined) return new Map();
  const result = providers.safeParse(parse(json));
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new ConfigError(`Bad configuration: OTHERWORLD_OIDC: ${faults.join('; ')}`);
  }
  return new Map(result.data.map((settings) => [settings.name, provide(settings)]));
}

function provide(settings: Settings): Provider {
  const secret = secretOf(settings);
  let known: Promise<Configuration> | undefined;
  return {
    name: settings.name,
    label: settings.label ?? settings.name,
    scopes: settings.scopes,
    configuration() {
      known ??= discover(settings, secret).catch((error) => {
        known = undefined;
        throw new ApiError(
          'OW_ERR_OIDC_UNAVAILABLE',
          `${settings.label ?? settings.name} cannot be asked: ${reasonOf(error)}.`,
        );
      });
      return known;
    },
  };
}

async function discover({ issuer, clientId }: Settings, secret: string | undefined): Promise<Configuration> {
  const execute = isLoopback(issuer) && issuer.startsWith('http:') ? [allowInsecureRequests] : [];
  const configuration = await discovery(new URL(issuer), clientId, secret, undefined, {
    execute: [...execute, enableNonRepudiationChecks],
    timeout: TIMEOUT_S,
  });
  configuration.timeout = TIMEOUT_S;
  return configuration;
}

function secretOf({ name, clientSecret, clientSecretFile }: Settings): string | undefined {
  if (clientSecretFile === undefined) return clientSecret;
  try {
    return readFileSync(clientSecretFile, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(
      `Bad configuration: OTHERWORLD_OIDC: the clientSecretFile of ${name} cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new ConfigError('Bad configuration: OTHERWORLD_OIDC is not JSON');
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
}

const isLoopback = (url: string): boolean => /^(localhost|127\.0\.0\.1|\[::1\])$/.test(new URL(url).hostname);
