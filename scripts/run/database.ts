// Brings the database up to this version before anything uses it.
import { migrate } from '../../control-plane/src/persistence/migrate/flow.ts';
import { MigrationError } from '../../control-plane/src/persistence/migrate/plan.ts';
import { Problem } from '../bootstrap/problem.mjs';
import type { Run } from '../lib/launcher.ts';

export async function migrateDatabase(run: Run, url: string): Promise<void> {
  await run.step('Database', async (step) => {
    try {
      const applied = await migrate(url, { report: (name) => step.report(name) });
      step.report(applied.at(-1) ?? 'up to date');
    } catch (error) {
      throw error instanceof MigrationError ? new Problem(error.problem, error.cure) : error;
    }
  });
}
