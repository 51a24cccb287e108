// The Lua of `lua/`, each script one decision that Redis takes in one step. Nothing else writes the keys that
// `lua/common.lua` lists.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Redis, ReplyError } from 'ioredis';
import { ApiError } from '../errors.ts';

const NAMES = ['reserve', 'release', 'mark', 'sync', 'refresh', 'close', 'list', 'where'] as const;
export type ScriptName = (typeof NAMES)[number];

type Run = (...args: (string | number)[]) => Promise<unknown>;

export class SeatScripts {
  readonly #run: Record<ScriptName, Run>;

  constructor(redis: Redis) {
    const commands = redis as unknown as Record<string, Run>;
    const run = {} as Record<ScriptName, Run>;
    for (const name of NAMES) {
      const command = `ow_${name}`;
      redis.defineCommand(command, { numberOfKeys: 0, lua: source(name) });
      run[name] = (...args) => (commands[command] as Run).apply(redis, args).catch(away);
    }
    this.#run = run;
  }

  /** An array that begins with a word; what follows is the script's own. */
  async words(name: 'reserve' | 'mark' | 'sync', args: (string | number)[]): Promise<[string, ...string[]]> {
    return (await this.#run[name](...args)) as [string, ...string[]];
  }

  async refresh(args: (string | number)[]): Promise<'ok' | 'absent' | 'superseded'> {
    return (await this.#run.refresh(...args)) as 'ok' | 'absent' | 'superseded';
  }

  async close(name: string, generation: string): Promise<boolean> {
    return (await this.#run.close(name, generation)) === 1;
  }

  async release(instance: string, seats: readonly bigint[]): Promise<void> {
    await this.#run.release(instance, ...seats.map(String));
  }

  async list(withSeats: boolean, names: readonly string[] = []): Promise<ListedInstance[]> {
    const rows = (await this.#run.list(withSeats ? '1' : '0', ...names)) as ListRow[];
    return rows.map(([name, record, open, draining, taken, seats]) => ({
      name,
      record,
      open: open === '1',
      draining: draining === '1',
      taken,
      seats: pairs(seats)
        .map(([id, data]) => ({ id, ...(JSON.parse(data) as StoredSeat) }))
        .sort((one, other) => one.at - other.at || one.id.localeCompare(other.id)),
    }));
  }

  async where(account: string): Promise<{ instance: string; seat: bigint; data: StoredSeat } | undefined> {
    const found = (await this.#run.where(account)) as [string, string, string] | null;
    if (found === null) return undefined;
    return { instance: found[0], seat: BigInt(found[1]), data: JSON.parse(found[2]) as StoredSeat };
  }
}

export interface StoredSeat {
  readonly account: string;
  readonly name: string;
  readonly role: 'player' | 'operator';
  readonly state: 'reserved' | 'held' | 'connected';
  /** When it was reserved, by Redis' clock (unit: ms); 0 when only the instance has told of it. */
  readonly at: number;
}

export interface ListedInstance {
  readonly name: string;
  /** JSON, as the holder of its line wrote it. */
  readonly record: string;
  readonly open: boolean;
  readonly draining: boolean;
  readonly taken: number;
  readonly seats: readonly (StoredSeat & { readonly id: string })[];
}

type ListRow = [string, string, string, string, number, string[]];

/** What follows the first words of an answer: instance and seat in turn. */
export function seatPairs(flat: readonly string[]): { instance: string; seat: bigint }[] {
  return pairs(flat).map(([instance, seat]) => ({ instance, seat: BigInt(seat) }));
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, at) => [
    flat[2 * at] as string,
    flat[2 * at + 1] as string,
  ]);
}

/** Redis is away, loading or full. What it finds wrong with a script is our own mistake. */
function away(error: unknown): never {
  const isOurs = error instanceof ReplyError && /^(ERR|WRONGTYPE)/.test((error as Error).message);
  throw isOurs ? error : new ApiError('OW_ERR_SEATS_AWAY');
}

function source(name: ScriptName): string {
  const read = (file: string) => readFileSync(join(import.meta.dirname, 'lua', `${file}.lua`), 'utf8');
  return `${read('common')}\n${read(name)}`;
}
