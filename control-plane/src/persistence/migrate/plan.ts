// What there is to do, from the folder and the ledger alone; and every state in which nothing may be done, in a
// sentence that ends with the cure.
import { ConfigError } from '../../env.ts';
import type { Migration } from './folder.ts';
import type { Entry } from './ledger.ts';
import { statementsOf } from './script.ts';

export const COMMAND = 'node control-plane/src/persistence/migrate/main.ts';

/** A state of the database that needs a person. */
export class MigrationError extends ConfigError {}

/** The migrations that the database has not had, in order. */
export function plan(migrations: readonly Migration[], ledger: readonly Entry[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const entry of ledger) {
    const migration = known.get(entry.name);
    if (migration === undefined) throw new MigrationError(newer(entry));
    if (!entry.finished) throw new MigrationError(stopped(entry, migration));
    if (entry.checksum !== migration.checksum) throw new MigrationError(changed(entry));
  }
  const applied = new Set(ledger.map(({ name }) => name));
  return migrations.filter(({ name }) => !applied.has(name));
}

const newer = ({ name }: Entry) =>
  `The database has had the migration ${name}, which this version of Otherworld does not know: start the version that made it, or a newer one.`;

const changed = ({ name }: Entry) =>
  `The migration ${name} is not the one that the database has had: its file was changed afterwards. Restore it, and write the change as a migration of its own (npm run migration -- NAME).`;

function stopped({ name, steps, logs }: Entry, { sql }: Migration): string {
  const total = statementsOf(sql).length;
  const why = logs ? ` (${logs})` : '';
  return `The migration ${name} stopped after ${steps} of its ${total} statements${why}. The next one may have been made or not: look at the database, then make the rest by hand and run \`${COMMAND} --applied ${name}\`, or undo what was made and run \`${COMMAND} --rolled-back ${name}\`.`;
}
