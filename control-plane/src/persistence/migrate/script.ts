// Just enough SQL to handle a migration without touching what is quoted: its statements one by one, and words replaced
// outside strings, names and comments.

/** What is quoted or commented; the rest is code. A dollar quote ends with the tag that it began with. */
const QUOTED =
  /--[^\n]*|\/\*[\s\S]*?\*\/|\b[eE]'(?:\\.|''|[^'\\])*'|'(?:''|[^'])*'|"(?:""|[^"])*"|(\$\w*\$)[\s\S]*?\1/g;

type Piece = { readonly code: boolean; readonly text: string };

function* piecesOf(sql: string): Generator<Piece> {
  let end = 0;
  for (const match of sql.matchAll(QUOTED)) {
    yield { code: true, text: sql.slice(end, match.index) };
    yield { code: false, text: match[0] };
    end = match.index + match[0].length;
  }
  yield { code: true, text: sql.slice(end) };
}

/** The script with its code, and only that, changed. */
export function rewriteCode(sql: string, rewrite: (code: string) => string): string {
  return [...piecesOf(sql)].map(({ code, text }) => (code ? rewrite(text) : text)).join('');
}

/** The statements of a script, without those that are only comment. */
export function statementsOf(sql: string): string[] {
  const statements = [''];
  for (const { code, text } of piecesOf(sql)) {
    const [first = '', ...rest] = code ? text.split(';') : [text];
    statements[statements.length - 1] += first;
    statements.push(...rest);
  }
  const saysSomething = (statement: string) =>
    [...piecesOf(statement)].some(({ code, text }) => (code ? text.trim() !== '' : !/^(--|\/\*)/.test(text)));
  return statements.filter(saysSomething).map((statement) => statement.trim());
}
