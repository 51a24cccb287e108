// Who has sockets at this process: one person an account, however many sockets.
import type { Connection } from './connection.ts';
import type { Frame } from './envelope.ts';

/** A seat, as far as it is known here. */
export interface Place {
  readonly instance: string;
  readonly seat: string;
  /** Connected. Else the seat is only kept for them. */
  readonly isInside: boolean;
}

export class Person {
  readonly id: string;
  readonly connections = new Set<Connection>();
  place: Place | undefined;

  constructor(id: string) {
    this.id = id;
  }

  /** The newest word on who they are: names and roles change. */
  get account() {
    return [...this.connections].at(-1)?.who?.account;
  }

  send(frame: Frame): void {
    for (const connection of this.connections) connection.send(frame);
  }
}

export class People {
  readonly #byId = new Map<string, Person>();

  get(id: string): Person | undefined {
    return this.#byId.get(id);
  }

  all(): IterableIterator<Person> {
    return this.#byId.values();
  }

  get count(): number {
    return this.#byId.size;
  }

  /** `isNew`: their first socket here. */
  add(id: string, connection: Connection): { person: Person; isNew: boolean } {
    const known = this.#byId.get(id);
    const person = known ?? new Person(id);
    this.#byId.set(id, person);
    person.connections.add(connection);
    return { person, isNew: known === undefined };
  }

  /** The person, if this was their last socket here. */
  remove(id: string, connection: Connection): Person | undefined {
    const person = this.#byId.get(id);
    if (person === undefined || !person.connections.delete(connection) || person.connections.size > 0)
      return undefined;
    this.#byId.delete(id);
    return person;
  }
}
