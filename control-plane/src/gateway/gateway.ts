// The player gateway: a WebSocket a player, for all that is not the body's motion. Each process has its own sockets and
// tells the others over Redis; what a socket is sent comes from four sources, each a file of its own:
//
//   tickets.ts     progress of its tickets
//   presence.ts    people it watches
//   rooms.ts       the instance that its account is in: who comes and goes, what the instance says, chat
//   world-state.ts summaries for those who look after a world
//
// What it asks goes through `answer` below. A socket ends with its session (revocations.ts).
import type { Redis } from 'ioredis';
import type { WebSocket } from 'ws';
import type { Authenticator, Who } from '../accounts/who.ts';
import type { Bus } from '../bus.ts';
import { ApiError } from '../errors.ts';
import type { TelemetryHub } from '../instances/telemetry.ts';
import { counter, gaugeOf } from '../metrics.ts';
import { isAway } from '../persistence/away.ts';
import { hearChat, say } from './chat.ts';
import { type Answer, Connection, type Desk } from './connection.ts';
import { type Frame, frame, type Request } from './envelope.ts';
import type { RequestName } from './events.ts';
import { type Asked, askInstance } from './interactions.ts';
import { People, type Person, type Place } from './people.ts';
import type { Places } from './places.ts';
import { Presence } from './presence.ts';
import { concerns, Revocations, type Revoked } from './revocations.ts';
import { Rooms } from './rooms.ts';
import { CLOSE, type GatewayRules } from './rules.ts';
import { GatewayScripts } from './scripts.ts';
import type { Sessions } from './sessions.ts';
import { TicketProgress, type TicketSource } from './tickets.ts';
import type { WorldRights } from './world-rights.ts';
import { WorldStates } from './world-state.ts';

interface Log {
  debug(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface GatewayOptions {
  readonly redis: Redis;
  readonly bus: Bus;
  readonly accounts: Authenticator;
  readonly sessions: Sessions;
  readonly places: Places;
  readonly lines: Asked;
  readonly tickets: TicketSource;
  readonly worlds: WorldRights;
  readonly telemetry: TelemetryHub;
  readonly rules: GatewayRules;
  readonly log: Log;
}

/** People whose seats are looked up in one turn of mending, and turns until everybody had theirs. */
const TURNS = 10;
/** Lookups at a time. */
const AT_ONCE = 100;

const closings = counter('gateway_closed_total', 'Sockets of the gateway that closed.', ['code']);
const requests = counter('gateway_requests_total', 'What clients asked of the gateway.', ['type']);
const coalesced = counter(
  'gateway_coalesced_total',
  'Events that a newer one replaced before a slow client had read them.',
);

export class Gateway implements Desk {
  readonly rules: GatewayRules;
  readonly #options: GatewayOptions;
  readonly #connections = new Set<Connection>();
  readonly #people = new People();
  readonly #scripts: GatewayScripts;
  readonly #rooms: Rooms;
  readonly #presence: Presence;
  readonly #tickets: TicketProgress;
  readonly #worldStates: WorldStates;
  readonly #revocations: Revocations;
  readonly #timers: NodeJS.Timeout[];
  readonly #stopGaps: () => void;
  #turn = 0;
  #closing: Promise<void> | undefined;

  constructor(options: GatewayOptions) {
    const { redis, bus, rules, places, tickets, telemetry, worlds, log } = options;
    this.#options = options;
    this.rules = rules;
    const people = this.#people;
    this.#scripts = new GatewayScripts(redis);
    this.#rooms = new Rooms({
      bus,
      places,
      people,
      log,
      onMoved: (person) => this.#moved(person),
      onRoom: (room) => hearChat(bus, room),
    });
    this.#presence = new Presence({
      bus,
      scripts: this.#scripts,
      people,
      rooms: this.#rooms,
      rules,
      log,
      maySee: async (world, { who }) => who !== undefined && worlds.maySee(world, who),
    });
    this.#tickets = new TicketProgress({
      bus,
      tickets,
      people,
      onSeated: (person) => this.#quietly(this.#rooms.settle(person)),
      onFailed: (error) => this.#quietly(Promise.reject(error)),
    });
    this.#worldStates = new WorldStates(telemetry, rules.worldStateMs);
    this.#revocations = new Revocations(bus, (revoked) => this.#revoke(revoked));
    this.#stopGaps = bus.onGap(() => this.#quietly(this.#mendAll()));
    gaugeOf('gateway_sockets', 'Sockets of the gateway that are open.', () => this.counts.sockets);
    gaugeOf('gateway_accounts', 'Accounts that have sockets here.', () => this.counts.accounts);
    this.#timers = [
      setInterval(() => this.#watch(), rules.pingMs / 4),
      setInterval(() => this.#quietly(this.#mendSome()), rules.mendMs / TURNS),
    ];
  }

  /** A socket has been opened; `who` when the upgrade itself was signed in. */
  connect(socket: WebSocket, who?: Who): void {
    const connection = new Connection(socket, this);
    if (this.#closing !== undefined) connection.close(CLOSE.restart, 'this process is stopping');
    else if (this.#connections.size >= this.rules.sockets) {
      connection.close(CLOSE.later, 'this process is full');
    } else {
      this.#connections.add(connection);
      if (who !== undefined) connection.enter(who);
    }
  }

  /** Sockets now, and the accounts that they are of. */
  get counts() {
    return { sockets: this.#connections.size, accounts: this.#people.count };
  }

  /** Sockets are told at once; resolves when nobody is online by this process any more. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stopGaps();
    for (const connection of [...this.#connections])
      connection.close(CLOSE.restart, 'this process is stopping');
    this.#revocations.close();
    this.#tickets.close();
    this.#rooms.close();
    this.#worldStates.close();
    await this.#presence.close();
  }

  authenticate(token: string): Promise<Who | undefined> {
    return this.#options.accounts.authenticate(token);
  }

  admit(connection: Connection, who: Who): Frame {
    if (this.#closing !== undefined) throw new ApiError('OW_ERR_STOPPING');
    const revoked = this.#revocations.since(connection.openedMs, who);
    if (revoked?.banned !== undefined) throw new ApiError('OW_ERR_BANNED', revoked.banned);
    if (revoked !== undefined) throw new ApiError('OW_ERR_SIGN_IN');
    const { person, isNew } = this.#people.add(who.account.id, connection);
    const [oldest] = person.connections.size > this.rules.socketsPerAccount ? person.connections : [];
    oldest?.close(CLOSE.replaced, 'too many sockets of this account; the oldest goes');
    if (isNew) this.#presence.arrived(person);
    queueMicrotask(() => this.#quietly(this.#catchUp(connection, person)));
    return frame('gateway:ready:v1:stream', { ...who, limits: this.#limits() });
  }

  /** Chat is said before anything is waited for: what one socket says keeps its order. */
  async answer(connection: Connection, who: Who, request: Request): Promise<Answer> {
    requests.inc({ type: request.type });
    switch (request.type) {
      case 'gateway:ping:v1:requested':
        return { type: 'gateway:pong:v1:stream', data: {} };
      case 'presence:watch:v1:requested': {
        const { accounts } = dataOf(request, 'presence:watch:v1:requested');
        if (accounts.length > this.rules.watched) {
          throw new ApiError('OW_ERR_BAD_REQUEST', `data.accounts: more than ${this.rules.watched}`);
        }
        return {
          type: 'presence:watch:v1:accepted',
          data: { people: await this.#presence.watch(connection, accounts) },
        };
      }
      case 'chat:message:v1:requested': {
        const { text } = dataOf(request, 'chat:message:v1:requested');
        const room = this.#rooms.around(this.#personOf(who)) ?? (await this.#findRoom(who));
        const message = await say(this.#scripts, room, who.account, text, this.rules.chatCharacters);
        return { type: 'chat:message:v1:accepted', data: { message } };
      }
      case 'physics:world_state:v1:requested': {
        const { instances } = dataOf(request, 'physics:world_state:v1:requested');
        this.#worldStates.watch(connection, await this.#looksAfter(instances, who));
        return { type: 'physics:world_state:v1:accepted', data: { instances } };
      }
      default: {
        if (!request.type.startsWith('interaction:')) throw new Error(`nobody answers ${request.type}`);
        const person = this.#personOf(who);
        if (this.#rooms.around(person) === undefined) await this.#findRoom(who);
        return askInstance(this.#options.lines, person.place as Place, request);
      }
    }
  }

  closed(connection: Connection, code: number): void {
    this.#connections.delete(connection);
    closings.inc({ code });
    coalesced.inc(connection.coalesced);
    this.#presence.unwatch(connection);
    this.#worldStates.unwatch(connection);
    const { who } = connection;
    const gone = who && this.#people.remove(who.account.id, connection);
    if (gone !== undefined) {
      this.#rooms.forget(gone);
      this.#tickets.forget(gone);
      this.#presence.left(gone);
    }
    this.#options.log.debug({ code, account: who?.account.id }, 'a socket of the gateway closed');
  }

  failed(error: unknown, { who }: Connection): void {
    this.#options.log.error({ err: error, account: who?.account.id }, 'the gateway could not answer');
  }

  #personOf(who: Who): Person {
    const person = this.#people.get(who.account.id);
    if (person === undefined) throw new ApiError('OW_ERR_STOPPING'); // its socket has just closed
    return person;
  }

  /** Nothing has said yet that they are inside: a message may have been lost, so it is looked up. */
  async #findRoom(who: Who) {
    const person = this.#personOf(who);
    await this.#rooms.settle(person);
    const room = this.#rooms.around(person);
    if (room === undefined) throw new ApiError('OW_ERR_NOT_IN_WORLD');
    return room;
  }

  /** The worlds of instances that somebody looks after. */
  async #looksAfter(instances: readonly string[], who: Who): Promise<Map<string, string | undefined>> {
    const { places, worlds } = this.#options;
    const found = new Map<string, string | undefined>();
    for (const instance of instances) {
      const world = (await places.inside(instance))?.world;
      const may =
        who.account.role === 'admin' || (world !== undefined && (await worlds.mayManage(world, who)));
      if (!may) throw new ApiError('OW_ERR_FORBIDDEN', `${instance} is not in a world that you look after.`);
      found.set(instance, world);
    }
    return found;
  }

  /** What a new socket has missed. */
  async #catchUp(connection: Connection, person: Person): Promise<void> {
    const room = this.#rooms.around(person);
    if (room !== undefined) connection.send(room.here());
    else await this.#rooms.settle(person);
    const ticket = await this.#tickets.current(person);
    if (ticket !== undefined) connection.send(ticket);
  }

  #moved(person: Person): void {
    if (this.#people.get(person.id) === person) this.#presence.arrived(person);
  }

  #revoke(revoked: Revoked): void {
    for (const connection of [...this.#connections]) {
      const { who } = connection;
      if (who === undefined || !concerns(revoked, who)) continue;
      if (revoked.banned === undefined) connection.close(CLOSE.signIn, 'this session has ended');
      else {
        connection.send(frame('moderation:banned:v1:stream', { reason: revoked.banned.slice(0, 1000) }));
        connection.close(CLOSE.banned, 'this account is kept out');
      }
    }
  }

  #watch(): void {
    for (const connection of this.#connections) connection.watch();
  }

  /** A share of everything that a lost message may have hidden; the whole in `mendMs`. */
  async #mendSome(): Promise<void> {
    this.#turn = (this.#turn + 1) % TURNS;
    const turn = this.#turn;
    await this.#settle([...this.#people.all()].filter((_, at) => at % TURNS === turn));
    if (turn !== 0) return;
    await Promise.all([this.#rooms.mend(), this.#presence.mend(), this.#checkSessions()]);
  }

  /** Redis was away. */
  async #mendAll(): Promise<void> {
    this.#presence.stale();
    await this.#checkSessions();
    await this.#settle([...this.#people.all()]);
    await Promise.all([this.#rooms.mend(), this.#presence.mend()]);
  }

  async #settle(people: readonly Person[]): Promise<void> {
    for (let from = 0; from < people.length; from += AT_ONCE) {
      await Promise.all(people.slice(from, from + AT_ONCE).map((person) => this.#rooms.settle(person)));
    }
  }

  async #checkSessions(): Promise<void> {
    const open = [...this.#connections].filter(({ who }) => who !== undefined);
    const good = await this.#options.sessions.good([
      ...new Set(open.map(({ who }) => who?.session as string)),
    ]);
    for (const connection of open) {
      const who = good.get(connection.who?.session ?? '');
      if (who === undefined) connection.close(CLOSE.signIn, 'this session has ended');
      else connection.know(who);
    }
  }

  #limits() {
    const { frameBytes, socketsPerAccount, watched, chatCharacters, idleMs, buckets } = this.rules;
    const perSecond = Object.entries(buckets).map(([name, { rate, burst }]) => ({
      class: name,
      rate,
      burst,
    }));
    return { frameBytes, socketsPerAccount, watched, chatCharacters, idleSeconds: idleMs / 1000, perSecond };
  }

  /** Work that nobody waits for. It fails while Redis or the database is away, and is done again by mending. */
  #quietly(work: Promise<void>): void {
    work.catch((error: unknown) => {
      const isOurs = !(isAway(error) || error instanceof ApiError);
      this.#options.log[isOurs ? 'error' : 'debug'](
        { err: error },
        'the gateway could not look something up',
      );
    });
  }
}

function dataOf<N extends RequestName>(request: Request, _type: N) {
  return request.data as Request<N>['data'];
}
