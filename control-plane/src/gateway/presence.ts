// Who is online, and where. A person is online while some process has a socket of theirs. Each process writes down
// its own people and beats; one that stops beating is dead, and whoever notices takes its people out, which tells
// those who watch them. What Redis has forgotten, each process writes again with its next beat.
import { randomUUID } from 'node:crypto';
import type { Bus } from '../bus.ts';
import { subscribedSoon } from './away.ts';
import type { Connection } from './connection.ts';
import { frame } from './envelope.ts';
import type { Data } from './events.ts';
import type { People, Person } from './people.ts';
import type { Rooms } from './rooms.ts';
import type { GatewayScripts, Where } from './scripts.ts';

interface Log {
  debug(details: object, message: string): void;
}

export interface PresenceOptions {
  readonly bus: Bus;
  readonly scripts: GatewayScripts;
  readonly people: People;
  readonly rooms: Rooms;
  /** Whether somebody may know of a world. */
  readonly maySee: (world: string, connection: Connection) => Promise<boolean>;
  readonly rules: { readonly beatMs: number; readonly beatLeaseMs: number };
  readonly log: Log;
}

type Shown = Data<'presence:person:v1:stream'>;

const channelOf = (account: string) => `ow:presence:${account}`;
/** People taken out of a dead process at a time. */
const REAPED = 200;
const WRITTEN = 500;

interface Watched {
  readonly watchers: Set<Connection>;
  readonly stop: () => void;
  last: Where | null | undefined;
}

export class Presence {
  readonly #options: PresenceOptions;
  readonly #process = randomUUID();
  readonly #watched = new Map<string, Watched>();
  readonly #lists = new WeakMap<Connection, ReadonlySet<string>>();
  readonly #timer: NodeJS.Timeout;
  /** Redis may not hold what we know. */
  #isStale = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#quietly(this.#beat()), options.rules.beatMs);
    this.#quietly(this.#beat());
  }

  /** Somebody is here, or has moved. */
  arrived(person: Person): void {
    this.#write(() => this.#options.scripts.arrive(this.#process, [this.#entry(person)]));
  }

  left(person: Person): void {
    this.#write(() => this.#options.scripts.leave(this.#process, person.id));
  }

  /** From now on a socket is told of these accounts and of no others. Answers what is known of them now. */
  async watch(connection: Connection, accounts: readonly string[]): Promise<Shown[]> {
    const list = new Set(accounts.map((account) => account.toLowerCase()));
    this.unwatch(connection);
    this.#lists.set(connection, list);
    for (const account of list) this.#watch(account).watchers.add(connection);
    await subscribedSoon(this.#options.bus);
    const order = [...list];
    const found = await this.#options.scripts.whereabouts(order);
    for (const [at, account] of order.entries()) {
      const watched = this.#watched.get(account);
      if (watched !== undefined) watched.last = found[at] ?? null;
    }
    return Promise.all(order.map((account, at) => this.#shown(account, found[at] ?? null, connection)));
  }

  unwatch(connection: Connection): void {
    for (const account of this.#lists.get(connection) ?? []) {
      const watched = this.#watched.get(account);
      watched?.watchers.delete(connection);
      if (watched?.watchers.size !== 0) continue;
      watched.stop();
      this.#watched.delete(account);
    }
    this.#lists.delete(connection);
  }

  /** What lost messages may have hidden. */
  async mend(): Promise<void> {
    const accounts = [...this.#watched.keys()];
    for (let from = 0; from < accounts.length; from += WRITTEN) {
      const some = accounts.slice(from, from + WRITTEN);
      const found = await this.#options.scripts.whereabouts(some);
      for (const [at, account] of some.entries()) this.#hear(account, found[at] ?? null);
    }
  }

  /** Redis was away, or forgot: everybody is written again. */
  stale(): void {
    this.#isStale = true;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const { stop } of this.#watched.values()) stop();
    this.#watched.clear();
    await this.#reap(this.#process).catch(() => {}); // else the others do it
  }

  #watch(account: string): Watched {
    const known = this.#watched.get(account);
    if (known !== undefined) return known;
    const stop = this.#options.bus.subscribe(channelOf(account), (where: Where | null) =>
      this.#hear(account, where),
    );
    const watched: Watched = { watchers: new Set(), stop, last: undefined };
    this.#watched.set(account, watched);
    return watched;
  }

  #hear(account: string, where: Where | null): void {
    const watched = this.#watched.get(account);
    if (watched === undefined || isSame(watched.last, where)) return;
    watched.last = where;
    for (const connection of watched.watchers) this.#quietly(this.#tell(connection, account, where));
  }

  async #tell(connection: Connection, account: string, where: Where | null): Promise<void> {
    const shown = await this.#shown(account, where, connection);
    const watched = this.#watched.get(account);
    // While it was asked who may see what, they may have moved on.
    if (!isSame(watched?.last, where) || !watched?.watchers.has(connection)) return;
    connection.send(frame('presence:person:v1:stream', shown));
  }

  /** A world that somebody may not see is not named, and neither is what runs it. */
  async #shown(account: string, where: Where | null, connection: Connection): Promise<Shown> {
    const hidden = { account, online: where !== null, instance: null, world: null };
    if (where === null || where.world === null) return hidden;
    return (await this.#options.maySee(where.world, connection)) ? { ...hidden, ...where } : hidden;
  }

  async #beat(): Promise<void> {
    const { scripts, rules } = this.#options;
    const { isKnown, dead } = await scripts.beat(this.#process, rules.beatLeaseMs);
    if (!isKnown || this.#isStale) {
      this.#isStale = false;
      await this.#rewrite();
    }
    for (const process of dead) await this.#reap(process);
  }

  /** Everybody here is written again, and whoever left unwritten is taken out. */
  async #rewrite(): Promise<void> {
    const { scripts, people } = this.#options;
    for (const account of await scripts.accountsOf(this.#process)) {
      if (people.get(account) === undefined) await scripts.leave(this.#process, account);
    }
    const ids = [...people.all()].map(({ id }) => id);
    for (let from = 0; from < ids.length; from += WRITTEN) {
      const some = ids.slice(from, from + WRITTEN).flatMap((id) => people.get(id) ?? []);
      await scripts.arrive(
        this.#process,
        some.map((person) => this.#entry(person)),
      );
    }
  }

  async #reap(process: string): Promise<void> {
    while ((await this.#options.scripts.reap(process, REAPED)) > 0);
  }

  #entry(person: Person): { account: string; where: Where } {
    const room = this.#options.rooms.around(person);
    return { account: person.id, where: { instance: room?.name ?? null, world: room?.world ?? null } };
  }

  #write(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      this.#isStale = true;
      this.#options.log.debug({ err: error }, 'presence could not be written');
    });
  }

  #quietly(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#isStale = true;
      this.#options.log.debug({ err: error }, 'presence could not be read or written');
    });
  }
}

function isSame(a: Where | null | undefined, b: Where | null): boolean {
  if (a === undefined) return false;
  return a?.instance === b?.instance && a?.world === b?.world && (a === null) === (b === null);
}
