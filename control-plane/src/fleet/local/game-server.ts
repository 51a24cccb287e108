// One GameServer of the local fleet: an immutable record that is replaced at each change, and the watchers that
// are told of each. Who changes it: its SDK (`sdk/service.ts`), its process's life (`run.ts`) and the fleet
// (allocation).
import { Mailbox } from '../../mailbox.ts';
import type { Counter, GameServerView, List, Port } from '../game-server.ts';
import type { HealthSpec } from './health.ts';
import { type State, type StateEvent, transition } from './states.ts';

export interface GameServerRecord {
  readonly name: string;
  readonly uid: string;
  /** Unix time (unit: milliseconds). */
  readonly createdAt: number;
  /** Goes up with each change; Agones' resource version. */
  readonly version: number;
  readonly state: State;
  readonly address: string;
  readonly ports: readonly Port[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly counters: Readonly<Record<string, Counter>>;
  readonly lists: Readonly<Record<string, List>>;
  readonly health: HealthSpec;
}

/** More changes than a reader can have missed before it is only told the newest. */
const WATCH_BACKLOG = 256;

export class GameServer {
  #record: GameServerRecord;
  readonly #listeners = new Set<(record: GameServerRecord) => void>();

  constructor(record: Omit<GameServerRecord, 'version' | 'state'>) {
    this.#record = { ...record, version: 1, state: { name: 'PortAllocation' } };
  }

  get record(): GameServerRecord {
    return this.#record;
  }

  get state(): State {
    return this.#record.state;
  }

  /** Moves the state; false when the event means nothing in it. */
  apply(event: StateEvent): boolean {
    const state = transition(this.#record.state, event);
    if (state === undefined) return false;
    this.update({ state });
    return true;
  }

  update(change: Partial<Omit<GameServerRecord, 'name' | 'uid' | 'version'>>): void {
    this.#record = { ...this.#record, ...change, version: this.#record.version + 1 };
    for (const listener of this.#listeners) listener(this.#record);
  }

  /** Returns the way to stop listening. */
  onChange(listener: (record: GameServerRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The record now and after each change. */
  async *watch(signal: AbortSignal): AsyncGenerator<GameServerRecord, void> {
    const mailbox = new Mailbox<GameServerRecord>(WATCH_BACKLOG, signal);
    mailbox.push(this.#record);
    const stop = this.onChange((record) => mailbox.push(record));
    try {
      yield* mailbox;
    } finally {
      stop();
    }
  }
}

export function view(record: GameServerRecord): GameServerView {
  const { state, version: _version, health: _health, ...rest } = record;
  return { ...rest, state: state.name, reason: 'reason' in state ? state.reason : undefined };
}
