// What leads from one Prisma schema to another, in CockroachDB's SQL: the engine behind `prisma migrate diff`, as WebAssembly out of
// npm, because the native one is downloaded from elsewhere. It compares the two texts and needs no database; the one it asks
// for its version is this file.
import { SchemaEngine } from '@prisma/schema-engine-wasm';

const SCHEMA = 'schema.prisma';
const NOTHING_EXTERNAL = { externalTables: [], externalEnums: [] };

/** Returns a script without statements when there is nothing to do. */
export async function diff(from: string, to: string): Promise<string> {
  const engine = await SchemaEngine.new({ datamodels: [[SCHEMA, to]] }, () => {}, anyCockroachDb);
  const target = (content: string) => ({
    tag: 'schemaDatamodel' as const,
    files: [{ path: SCHEMA, content }],
  });
  const options = { script: true, exitCode: null, filters: NOTHING_EXTERNAL };
  const { stdout } = await engine.diff({ from: target(from), to: target(to), ...options });
  return `${stdout?.trim() ?? ''}\n`;
}

type Answer = { ok: true; value: unknown; map(f: (value: unknown) => unknown): Answer };
const answer = (value: unknown): Answer => ({ ok: true, value, map: (f) => answer(f(value)) });

/** Answers the only question there is: whether the schema exists, and the version twice. */
const connection = {
  provider: 'postgres',
  adapterName: '@prisma/adapter-pg',
  queryRaw: async () =>
    answer({
      columnNames: ['exists', 'version', 'numeric_version'],
      columnTypes: [5, 7, 0],
      rows: [[true, 'CockroachDB CCL v25.2.0', 130_000]],
    }),
  executeRaw: async () => answer(0),
  executeScript: async () => answer(undefined),
  getConnectionInfo: () => answer({ supportsRelationJoins: false }),
  dispose: async () => answer(undefined),
};

const anyCockroachDb = {
  provider: connection.provider,
  adapterName: connection.adapterName,
  connect: async () => answer(connection),
  connectToShadowDb: async () => answer(connection),
  errorRegistry: { consumeError: () => undefined },
};
