// The local fleet: keeps as many GameServers as asked for, hands them out, and lets them go. Agones' Fleet,
// GameServerSet and allocator in one small file, for one machine.
import { randomInt, randomUUID } from 'node:crypto';
import { Mailbox } from '../../mailbox.ts';
import type { GameServerView, StateName } from '../game-server.ts';
import type { Selector } from '../provider.ts';
import { Backoff } from './backoff.ts';
import { GameServer, view } from './game-server.ts';
import type { HealthSpec } from './health.ts';
import { lastAllocated } from './sdk/service.ts';
import { isOver } from './states.ts';

export interface FleetOptions {
  /** Its GameServers are called after it. */
  readonly name: string;
  readonly replicas: number;
  /** Seats of one instance. */
  readonly capacity: number;
  readonly address: string;
  readonly health: HealthSpec;
  /** Runs one GameServer's process; resolves when nothing of it is left. */
  readonly run: (server: GameServer) => Promise<void>;
}

interface Member {
  readonly server: GameServer;
  readonly startedMs: number;
  readonly gone: Promise<void>;
  /** Somebody has had it; its end is no sign of a broken build. */
  wasAllocated: boolean;
  isOver: boolean;
}

export class Fleet {
  readonly #options: FleetOptions;
  readonly #members = new Map<string, Member>();
  readonly #watchers = new Set<Mailbox<readonly GameServerView[]>>();
  readonly #backoff = new Backoff();
  /** Ended because somebody asked: no sign of a broken build. */
  readonly #dismissed = new Set<string>();
  #replicas: number;
  #retry: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#replicas = options.replicas;
  }

  get replicas(): number {
    return this.#replicas;
  }

  start(): void {
    this.#reconcile();
  }

  list(): readonly GameServerView[] {
    return [...this.#members.values()].map(({ server }) => view(server.record));
  }

  async *watch(signal: AbortSignal): AsyncGenerator<readonly GameServerView[], void> {
    const mailbox = new Mailbox<readonly GameServerView[]>(1, signal);
    mailbox.push(this.list());
    this.#watchers.add(mailbox);
    try {
      yield* mailbox;
    } finally {
      this.#watchers.delete(mailbox);
    }
  }

  /** The oldest Ready one that the first matching selector finds. */
  allocate(selectors: readonly Selector[]): GameServerView | undefined {
    for (const selector of selectors.length === 0 ? [{}] : selectors) {
      for (const { server } of this.#members.values()) {
        if (server.state.name !== 'Ready' || !matches(server, selector)) continue;
        server.apply({ type: 'allocate' });
        server.update(lastAllocated(server));
        return view(server.record);
      }
    }
    return undefined;
  }

  scale(replicas: number): void {
    this.#replicas = replicas;
    this.#reconcile();
  }

  remove(name: string): boolean {
    const member = this.#members.get(name);
    if (member === undefined) return false;
    this.#dismiss(member, 'removed by the operator');
    return true;
  }

  /** Ends everything and resolves when nothing is left. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#retry);
    for (const member of this.#members.values()) this.#dismiss(member, 'the fleet stops');
    await Promise.all([...this.#members.values()].map(({ gone }) => gone));
    for (const mailbox of this.#watchers) mailbox.close();
  }

  #reconcile(): void {
    if (this.#stopping) return;
    const alive = [...this.#members.values()].filter(({ server }) => !isOver(server.state));
    for (let extra = alive.length - this.#replicas; extra > 0; extra -= 1) {
      const spare = mostDispensable(alive);
      if (spare === undefined) break;
      alive.splice(alive.indexOf(spare), 1);
      this.#dismiss(spare, 'scaled down');
    }
    const delayMs = this.#backoff.delayMs(performance.now());
    if (alive.length >= this.#replicas) return;
    if (delayMs > 0) {
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#reconcile(), delayMs);
      return;
    }
    for (let missing = this.#replicas - alive.length; missing > 0; missing -= 1) this.#launch();
  }

  #launch(): void {
    const { name: fleet, address, capacity, health } = this.#options;
    const name = this.#freeName();
    const server = new GameServer({
      name,
      uid: randomUUID(),
      createdAt: Date.now(),
      address,
      ports: [],
      labels: { 'agones.dev/fleet': fleet },
      annotations: {},
      counters: { players: { count: 0, capacity } },
      lists: { seats: { capacity, values: [] } },
      health,
    });
    server.onChange(({ state }) => {
      // Agones' controller would look at the node here; locally the port is known to be ours.
      if (state.name === 'RequestReady') queueMicrotask(() => server.apply({ type: 'readyConfirmed' }));
      if (state.name === 'Allocated') member.wasAllocated = true;
      if (isOver(state)) this.#isOver(member);
      this.#announce();
    });
    const gone = this.#options.run(server).then(() => this.#ended(name));
    const member: Member = {
      server,
      startedMs: performance.now(),
      gone,
      wasAllocated: false,
      isOver: false,
    };
    this.#members.set(name, member);
    this.#announce();
  }

  /** Its process may still say goodbye for seconds; its replacement does not wait for that. */
  #isOver(member: Member): void {
    if (member.isOver) return;
    member.isOver = true;
    const { name } = member.server.record;
    const servedAndLeft = member.wasAllocated && member.server.state.name === 'Shutdown';
    const now = performance.now();
    if (!this.#dismissed.has(name) && !servedAndLeft) this.#backoff.ended(now - member.startedMs, now);
    // Not here: whoever scales down is in the middle of its count.
    queueMicrotask(() => this.#reconcile());
  }

  #ended(name: string): void {
    this.#members.delete(name);
    this.#dismissed.delete(name);
    this.#announce();
    this.#reconcile();
  }

  #dismiss({ server }: Member, reason: string): void {
    this.#dismissed.add(server.record.name);
    server.apply({ type: 'shutdown', reason });
  }

  #announce(): void {
    const list = this.list();
    for (const mailbox of this.#watchers) mailbox.push(list);
  }

  #freeName(): string {
    for (;;) {
      const name = `${this.#options.name}-${randomSuffix()}`;
      if (!this.#members.has(name)) return name;
    }
  }
}

/** Who goes first when the fleet shrinks; those with people inside (Allocated, Reserved) never. */
const DISPENSABLE: readonly StateName[] = [
  'PortAllocation',
  'Creating',
  'Starting',
  'Scheduled',
  'RequestReady',
  'Ready',
];

function mostDispensable(alive: readonly Member[]): Member | undefined {
  const rank = ({ server }: Member) => DISPENSABLE.indexOf(server.state.name);
  return alive.filter((member) => rank(member) >= 0).sort((a, b) => rank(a) - rank(b))[0];
}

function matches(server: GameServer, { matchLabels = {} }: Selector): boolean {
  return Object.entries(matchLabels).every(([key, value]) => server.record.labels[key] === value);
}

/** Kubernetes' own alphabet for such names: no vowels, no words. */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

function randomSuffix(): string {
  return Array.from({ length: 5 }, () => SUFFIX_ALPHABET[randomInt(SUFFIX_ALPHABET.length)]).join('');
}
