// Reading a process's configuration from its environment by one zod schema. A bad key stops the start and is named;
// what the keys are is the business of each process's own `config.ts`.
import { z } from 'zod';

/** The sentence that the operator reads; it names every bad key. */
export class ConfigError extends Error {}

export function readEnv<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): z.infer<S> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => {
    const key = issue.path.join('.');
    return present[key] === undefined ? `${key} is missing` : `${key}: ${issue.message}`;
  });
  throw new ConfigError(`Bad configuration: ${faults.join('; ')}`);
}

export const port = z.coerce.number().int().min(0).max(65_535);
export const httpUrl = z.url({ protocol: /^https?$/ });

/** Runs `start`; a start that fails ends the process with one sentence on stderr and status 1. */
export async function startOrExplain(start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  }
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { code, port: taken } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${taken} is taken by another process; stop it or choose another port with --port.`;
  }
  return error.stack ?? error.message;
}
