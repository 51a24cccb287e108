// What there is to do, from the folder and the ledger alone; and every state in which nothing may be done, in a
// sentence that ends with the cure.
import { ConfigError } from '../../env.ts';
import type { Migration } from './folder.ts';
import type { Entry } from './ledger.ts';
import { statementsOf } from './script.ts';

export const COMMAND = 'node control-plane/src/persistence/migrate/main.ts';

/** A state of the database that needs a person. */
export class MigrationError extends ConfigError {
  readonly problem: string;
  readonly cure: string;

  /** `problem` ends without a full stop, `cure` is an imperative. */
  constructor(problem: string, cure: string, options?: ErrorOptions) {
    super(`${problem}: ${cure}.`, options);
    this.problem = problem;
    this.cure = cure;
  }
}

/** The migrations that the database has not had, in order. */
export function plan(migrations: readonly Migration[], ledger: readonly Entry[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const entry of ledger) {
    const migration = known.get(entry.name);
    if (migration === undefined) throw newer(entry);
    if (!entry.finished) throw stopped(entry, migration);
    if (entry.checksum !== migration.checksum) throw changed(entry);
  }
  const applied = new Set(ledger.map(({ name }) => name));
  return migrations.filter(({ name }) => !applied.has(name));
}

const newer = ({ name }: Entry) =>
  new MigrationError(
    `The database has had the migration ${name}, which this version of Otherworld does not know`,
    'start the version that made it, or a newer one',
  );

const changed = ({ name }: Entry) =>
  new MigrationError(
    `The file of the migration ${name} was changed after the database had it`,
    'restore it, and write the change as a migration of its own (npm run migration -- NAME)',
  );

function stopped({ name, steps, logs }: Entry, { sql }: Migration): MigrationError {
  const total = statementsOf(sql).length;
  return new MigrationError(
    `The migration ${name} stopped after ${steps} of its ${total} statements${logs ? ` (${logs})` : ''}`,
    `look whether the database has had the next one too, then make the rest by hand and run \`${COMMAND} --applied ${name}\`, or undo what was made and run \`${COMMAND} --rolled-back ${name}\``,
  );
}
