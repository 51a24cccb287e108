// `node control-plane/src/persistence/migrate/main.ts`: brings the database of DATABASE_URL up to this version, on one machine and
// in a cluster alike. `--applied NAME` and `--rolled-back NAME` tell it what was done about a migration that stopped half-way.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { databaseUrl } from '../../config.ts';
import { readEnv, startOrExplain } from '../../env.ts';
import { migrate, resolveStopped } from './flow.ts';

await startOrExplain(async () => {
  const { DATABASE_URL: url } = readEnv(z.object({ DATABASE_URL: databaseUrl }), process.env);
  const { values } = parseArgs({
    options: { applied: { type: 'string' }, 'rolled-back': { type: 'string' } },
  });
  if (values.applied) await resolveStopped(url, values.applied, 'applied');
  else if (values['rolled-back']) await resolveStopped(url, values['rolled-back'], 'rolled-back');
  else await bringUp(url);
});

async function bringUp(url: string): Promise<void> {
  const applied = await migrate(url, { report: (name) => process.stdout.write(`Migrating: ${name}\n`) });
  if (applied.length === 0) process.stdout.write('The database is up to date.\n');
}
