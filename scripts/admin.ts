// `npm run admin -- reset`: a new one-time password for the admin of a data folder, whether its system runs or not. For one
// that is stopped the database runs for a moment; one that runs ends the admin's sessions at once.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ResetAdmin } from '../control-plane/src/accounts/admin/reset.ts';
import { holdData } from './bootstrap/data-lock.mjs';
import { type Options, readOptions } from './bootstrap/options.mjs';
import { Problem } from './bootstrap/problem.mjs';
import { freePorts } from './lib/free-ports.ts';
import { launched, type Run } from './lib/launcher.ts';
import { planAddresses } from './run/addresses.ts';
import { migrateDatabase } from './run/database.ts';
import { postgres } from './run/postgres.ts';
import { redis } from './run/redis.ts';
import { supervise } from './run/service.ts';
import { setUpPrisma } from './setup/prisma.ts';

await launched(async (run) => {
  const options = readOptions(process.argv.slice(2));
  if (options.name !== 'reset')
    throw new Problem(`There is no “admin ${options.name}”`, 'use: npm run admin -- reset');
  if (!existsSync(path.join(options.data, 'postgres'))) {
    throw new Problem(
      `There is no system in ${options.data} yet`,
      'npm start makes it and shows how its admin signs in; another folder is named by --data DIR',
    );
  }
  await setUpPrisma(run);
  const held = await holdData(options.data);
  const { email, password } =
    held.state === 'running'
      ? await resetRunning(run, options, Number(new URL(held.url).port))
      : await resetStopped(run, options).finally(held.release);
  run.print(
    `\n  Sign in  ${email}\n           ${password}  (good for one sign-in, which asks for another)\n`,
  );
  return 0;
});

async function resetRunning(run: Run, options: Options, port: number): Promise<ResetAdmin> {
  const addresses = planAddresses({ ...options, port });
  const database = await postgres(run, options.data, addresses.postgres);
  const memory = await redis('', options.data, addresses.redis);
  return reset(run, database.url, memory.url);
}

async function resetStopped(run: Run, options: Options): Promise<ResetAdmin> {
  const addresses = planAddresses({ ...options, port: await freePorts() });
  const database = await postgres(run, options.data, addresses.postgres);
  const supervised = supervise(run, database.service);
  try {
    await run.step(`Start ${database.service.name}`, () => supervised.start());
    await migrateDatabase(run, database.url);
    return await reset(run, database.url);
  } finally {
    await supervised.stop();
  }
}

/** What talks to the database is there only after the set-up. */
async function reset(run: Run, databaseUrl: string, redisUrl?: string): Promise<ResetAdmin> {
  const { resetAdmin } = await import('../control-plane/src/accounts/admin/reset.ts');
  const { PasswordHasher } = await import('../control-plane/src/accounts/password/hash.ts');
  const { connect } = await import('../control-plane/src/persistence/connect.ts');
  const { connectRedis } = await import('../control-plane/src/redis.ts');
  const db = connect(databaseUrl);
  const memory = redisUrl === undefined ? undefined : connectRedis(redisUrl);
  try {
    return await run.step('A new password for the admin', () => resetAdmin(db, new PasswordHasher(), memory));
  } finally {
    memory?.disconnect();
    await db.$disconnect();
  }
}
