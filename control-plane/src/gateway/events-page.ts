// `docs/reference/events.md` and `proto/events.lock`, both made from the table: the page for people, the lock so that
// a name, an id or a shape that somebody may rely on is not changed by accident.
import { createHash } from 'node:crypto';
import { EVENT_NAMES, EVENTS, type EventName, type EventRow } from './events.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

const PERMISSIONS = {
  none: 'anybody',
  account: 'signed in',
  seat: 'connected to an instance',
  steward: 'admins, and the owner of the world',
};

export function eventsPage(): string {
  return [
    '# Events of the gateway',
    '',
    'Made from `proto/events.json`; `npx vitest run control-plane/src/gateway/events.test.ts -u` writes it anew. How they travel:',
    '[gateway.md](gateway.md).',
    '',
    'Ids are 16-bit numbers for binary wires and are never used again. A name ends in its version and in what it is: `requested` asks,',
    '`accepted` and `refused` answer, `stream` tells. Unless a row says otherwise, `gateway:error:v1:stream` answers a request that is not',
    'taken. **Made today** says whether anything in this version makes the event or acts on it: a request that is not is still checked and',
    'routed, and the instance answers `refused` with the cause `not_offered`. Fields that may be `null` are always there.',
    '',
    '| id | event | made today | since |',
    '|---|---|---|---|',
    ...EVENT_NAMES.map((name) => {
      const { id, implemented, since } = EVENTS[name];
      return `| ${id} | [\`${name}\`](#${anchor(name)}) | ${implemented ? 'yes' : 'no'} | ${since} |`;
    }),
    '',
    ...EVENT_NAMES.flatMap((name) => section(name, EVENTS[name])),
  ].join('\n');
}

/** As GitHub makes it from a heading. */
const anchor = (name: string) => name.replaceAll(':', '');

function section(name: EventName, row: EventRow): string[] {
  const facts = [
    `To ${row.to}.`,
    `${row.direction === 'in' ? 'Who may' : 'Who'}: ${PERMISSIONS[row.permission]}.`,
    row.answer && `Answered by ${row.answer.map((one) => `\`${one}\``).join(' or ')}.`,
    row.rate && `Rate class \`${row.rate}\`.`,
    row.slot && `The newest of \`${row.slot}\` counts: an older one that still waits is dropped.`,
  ];
  const fields = describe(row.data as Schema, '');
  return [
    `## ${name}`,
    '',
    row.about,
    '',
    facts.filter((fact) => fact !== undefined).join(' '),
    '',
    ...(fields.length > 0 ? ['| field | what | |', '|---|---|---|', ...fields] : ['No data: `{}`.']),
    '',
  ];
}

function describe({ properties = {}, items }: Schema, path: string): string[] {
  const inner = items?.properties === undefined ? [] : describe(items, `${path}[].`);
  return [
    ...inner,
    ...Object.entries(properties).flatMap(([key, schema]) => {
      const field = path + key;
      return [
        `| \`${field}\` | ${kind(schema)} | ${schema.description ?? ''} |`,
        ...describe(schema, schema.items === undefined ? `${field}.` : field),
      ];
    }),
  ];
}

function kind(schema: Schema): string {
  const { type } = schema;
  const types = typeof type === 'object' ? type : [type];
  const or = types.includes('null') ? ' or `null`' : '';
  return kindOf(types[0], schema) + or;
}

function kindOf(type: string | undefined, schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${one}\``).join(', ');
  if (type === 'array') {
    const count = range(schema.minItems ?? 0, schema.maxItems);
    return `list of ${count}: ${schema.items === undefined ? '' : kind(schema.items)}`;
  }
  if (type === 'integer' || type === 'number') return `${type}, ${range(schema.minimum, schema.maximum)}`;
  if (schema.format !== undefined) return schema.format === 'uuid' ? 'UUID' : schema.format;
  if (schema.pattern !== undefined) return `string like \`${schema.pattern.replaceAll('|', '\\|')}\``;
  if (type === 'string') return `string of ${range(schema.minLength ?? 0, schema.maxLength)} characters`;
  return type ?? '';
}

const range = (from: unknown, to: unknown) => (from === to ? `${from}` : `${from} to ${to}`);

/** One line an event: id, name, and a hash of its shape (descriptions apart). */
export function lockLines(): string[] {
  return EVENT_NAMES.map((name) => {
    const shape = JSON.stringify(EVENTS[name].data, (key, value) =>
      key === 'description' ? undefined : value,
    );
    return `${EVENTS[name].id} ${name} ${createHash('sha256').update(shape).digest('hex').slice(0, 16)}`;
  });
}
