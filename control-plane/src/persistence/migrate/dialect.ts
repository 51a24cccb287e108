// The two databases that run the same migrations. They are written in CockroachDB's SQL; on PostgreSQL three types have other
// names. PostgreSQL makes a migration in one transaction, CockroachDB changes its schema statement by statement.
import type { ClientBase } from 'pg';
import { rewriteCode } from './script.ts';

export interface Dialect {
  readonly name: 'CockroachDB' | 'PostgreSQL';
  /** Whether a transaction takes its schema changes back when it fails. */
  readonly atomic: boolean;
  translate(sql: string): string;
}

export const COCKROACHDB: Dialect = { name: 'CockroachDB', atomic: false, translate: (sql) => sql };

export const POSTGRESQL: Dialect = {
  name: 'PostgreSQL',
  atomic: true,
  translate: (sql) =>
    rewriteCode(sql, (code) =>
      code
        .replace(/\bSTRING\s*(?=\()/gi, 'VARCHAR')
        .replace(/\bSTRING\b/gi, 'TEXT')
        .replace(/\bBYTES\b/gi, 'BYTEA'),
    ),
};

export async function dialectOf(client: ClientBase): Promise<Dialect> {
  const { rows } = await client.query<{ version: string }>('SELECT version()');
  return rows[0]?.version.includes('CockroachDB') ? COCKROACHDB : POSTGRESQL;
}
