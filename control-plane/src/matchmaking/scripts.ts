// The Lua of `lua/`, each script one step of a ticket's life that Redis takes as a whole. Nothing else writes the keys
// that `lua/common.lua` lists.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';

const NAMES = [
  'create',
  'look',
  'current',
  'load',
  'claim',
  'unclaim',
  'seat',
  'mark',
  'end',
  'end-of',
  'lock',
  'hold',
  'unlock',
  'openings',
] as const;

type Run = (...args: (string | number)[]) => Promise<unknown>;

export type TicketScripts = Readonly<Record<(typeof NAMES)[number], Run>>;

export function ticketScripts(redis: Redis): TicketScripts {
  const commands = redis as unknown as Record<string, Run>;
  const scripts = NAMES.map((name) => {
    const command = `ow_ticket_${name}`;
    redis.defineCommand(command, { numberOfKeys: 0, lua: source(name) });
    return [name, (...args: Parameters<Run>) => (commands[command] as Run).apply(redis, args)];
  });
  return Object.fromEntries(scripts);
}

function source(name: string): string {
  const read = (file: string) => readFileSync(join(import.meta.dirname, 'lua', `${file}.lua`), 'utf8');
  return `${read('common')}\n${read(name)}`;
}
