// The Lua of `lua/`, each script one decision that Redis takes in one step. Nothing else writes the keys that
// `lua/common.lua` lists.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';

const NAMES = ['arrive', 'leave', 'beat', 'reap', 'say'] as const;
type Run = (...args: (string | number)[]) => Promise<unknown>;

/** Where somebody is, as presence keeps it. */
export interface Where {
  readonly instance: string | null;
  readonly world: string | null;
}

export class GatewayScripts {
  readonly #redis: Redis;
  readonly #run: Record<(typeof NAMES)[number], Run>;

  constructor(redis: Redis) {
    this.#redis = redis;
    const commands = redis as unknown as Record<string, Run>;
    const run = {} as Record<(typeof NAMES)[number], Run>;
    for (const name of NAMES) {
      const command = `ow_gateway_${name}`;
      redis.defineCommand(command, { numberOfKeys: 0, lua: source(name) });
      run[name] = (...args) => (commands[command] as Run).apply(redis, args);
    }
    this.#run = run;
  }

  async arrive(process: string, people: readonly { account: string; where: Where }[]): Promise<void> {
    await this.#run.arrive(
      process,
      ...people.flatMap(({ account, where }) => [account, JSON.stringify(where)]),
    );
  }

  async leave(process: string, account: string): Promise<void> {
    await this.#run.leave(process, account);
  }

  async beat(process: string, leaseMs: number): Promise<{ isKnown: boolean; dead: string[] }> {
    const [known, ...dead] = (await this.#run.beat(process, leaseMs)) as string[];
    return { isKnown: known === '1', dead };
  }

  /** Answers how many are left. */
  async reap(process: string, atMost: number): Promise<number> {
    return (await this.#run.reap(process, atMost)) as number;
  }

  /** Whom a process has written down. */
  accountsOf(process: string): Promise<string[]> {
    return this.#redis.smembers(`ow:gateway:${process}`);
  }

  /** The message's number. */
  async say(instance: string, keptMs: number, said: object): Promise<string> {
    return (await this.#run.say(instance, keptMs, JSON.stringify(said))) as string;
  }

  /** Of each account where it is; null: it has no socket anywhere. */
  async whereabouts(accounts: readonly string[]): Promise<(Where | null)[]> {
    if (accounts.length === 0) return [];
    const pipeline = this.#redis.pipeline();
    for (const account of accounts) pipeline.hvals(`ow:presence:${account}`);
    const answers = (await pipeline.exec()) ?? [];
    return answers.map(([error, values]) => {
      if (error) throw error;
      const [first] = values as string[];
      return first === undefined ? null : (JSON.parse(first) as Where);
    });
  }
}

function source(name: string): string {
  const read = (file: string) => readFileSync(join(import.meta.dirname, 'lua', `${file}.lua`), 'utf8');
  return `${read('common')}\n${read(name)}`;
}
