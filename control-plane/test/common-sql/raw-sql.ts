// The SQL that a TypeScript source holds: every string and template that begins like a statement in capitals, and whatever
// is handed to a function that takes SQL.
import { stripTypeScriptTypes } from 'node:module';
import { parseAst } from 'vitest/node';

const TAKES_SQL = /^(\$queryRaw|\$executeRaw|\$queryRawUnsafe|\$executeRawUnsafe|query)$/;
const BEGINS =
  /^\s*((SELECT|INSERT|UPDATE|DELETE|UPSERT|WITH|CREATE|ALTER|DROP|TRUNCATE|LOCK|LISTEN|NOTIFY|DO|SAVEPOINT|SET|CALL|COPY|EXPLAIN|VACUUM)\s|(BEGIN|COMMIT|ROLLBACK)$)/;

// biome-ignore lint/suspicious/noExplicitAny: nodes of any kind are walked
type Node = any;

export function rawSqlIn(source: string): string[] {
  const found: string[] = [];
  visit(parseAst(stripTypeScriptTypes(source)), (node) => {
    const text = textOf(node);
    if (text !== undefined && (BEGINS.test(text) || node.takesSql)) found.push(text);
  });
  return found;
}

function visit(node: Node, see: (node: Node) => void): void {
  if (Array.isArray(node)) for (const one of node) visit(one, see);
  if (node === null || typeof node !== 'object' || Array.isArray(node)) return;
  markSql(node);
  see(node);
  for (const value of Object.values(node)) visit(value, see);
}

/** An argument that is a literal; a variable was seen where it was written. */
function markSql(node: Node): void {
  const callee = node.type === 'TaggedTemplateExpression' ? node.tag : node.callee;
  const name = callee?.property?.name;
  if (name === undefined || !TAKES_SQL.test(name)) return;
  const sql = node.type === 'TaggedTemplateExpression' ? node.quasi : node.arguments[0];
  if (sql !== undefined) sql.takesSql = true;
}

/** With `$1` for what is filled in, which may be a value or a part of the statement that was a literal of its own. */
function textOf(node: Node): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral') return undefined;
  return node.quasis.map((quasi: Node) => quasi.value.cooked).join('$1');
}
