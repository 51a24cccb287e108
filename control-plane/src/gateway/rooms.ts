// Where the people of this process are. An account's seat is looked up when it comes, when its ticket is seated and,
// against messages that were lost, now and then; while somebody has a seat in an instance, what that instance says
// is listened to.
import type { Bus } from '../bus.ts';
import { eventsOf, type InstanceEvent } from '../instances/events.ts';
import { subscribedSoon } from './away.ts';
import type { People, Person } from './people.ts';
import type { Places } from './places.ts';
import { Room } from './room.ts';

interface Log {
  debug(details: object, message: string): void;
}

export interface RoomsOptions {
  readonly bus: Bus;
  readonly places: Places;
  readonly people: People;
  /** Somebody is inside, or is not any more. */
  readonly onMoved: (person: Person) => void;
  /** A room has opened; answers how it closes. */
  readonly onRoom: (room: Room) => () => void;
  readonly log: Log;
}

/** A list that people came and left during is read again, so often. */
const LOADS = 10;

interface Open {
  readonly room: Room;
  readonly close: () => void;
}

export class Rooms {
  readonly #options: RoomsOptions;
  readonly #open = new Map<string, Open>();
  /** Lookups on their way; `again`: something has happened since it began. */
  readonly #settling = new Map<Person, { again: boolean; done: Promise<void> }>();

  constructor(options: RoomsOptions) {
    this.#options = options;
  }

  get(instance: string | undefined): Room | undefined {
    return instance === undefined ? undefined : this.#open.get(instance)?.room;
  }

  /** The room that somebody is inside of. */
  around(person: Person): Room | undefined {
    return person.place?.isInside ? this.get(person.place.instance) : undefined;
  }

  /** Looks up where somebody is. Fails while Redis is away. */
  settle(person: Person): Promise<void> {
    const running = this.#settling.get(person);
    if (running !== undefined) {
      running.again = true;
      return running.done;
    }
    const run = { again: false, done: Promise.resolve() };
    run.done = this.#settle(person, run).finally(() => this.#settling.delete(person));
    this.#settling.set(person, run);
    return run.done;
  }

  /** Whoever has no socket here is none of our business. */
  forget(person: Person): void {
    const room = this.get(person.place?.instance);
    room?.persons.delete(person);
    person.place = undefined;
    this.#closeIfEmpty(room);
  }

  /** What lost messages may have hidden, in all rooms. */
  async mend(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ room }) => this.#load(room)));
  }

  close(): void {
    for (const { close } of this.#open.values()) close();
    this.#open.clear();
  }

  async #settle(person: Person, run: { again: boolean }): Promise<void> {
    do {
      run.again = false;
      const found = await this.#options.places.of(person.id);
      if (this.#options.people.get(person.id) !== person) return; // gone meanwhile
      const { place } = person;
      if (place !== undefined && (place.instance !== found?.instance || place.seat !== found.seat)) {
        const old = this.get(place.instance);
        old?.leave(person, 'left');
        this.#closeIfEmpty(old);
      }
      const room = this.get(person.place?.instance);
      if (found !== undefined && room === undefined) await this.#enter(person, found);
      else if (room !== undefined && !person.place?.isInside) await this.#load(room);
    } while (run.again);
  }

  async #enter(person: Person, found: { instance: string; seat: string }): Promise<void> {
    const known = this.get(found.instance);
    const room = known ?? this.#openRoom(found.instance);
    room.add(person, found.seat);
    if (known !== undefined && person.place?.isInside) return;
    // What is heard from now on comes after this list, or is in it.
    await subscribedSoon(this.#options.bus);
    await this.#load(room);
  }

  async #load(room: Room): Promise<void> {
    for (let tries = 0; tries < LOADS; tries += 1) {
      const { version } = room;
      const inside = await this.#options.places.inside(room.name);
      if (this.get(room.name) !== room) return;
      if (room.version !== version) continue;
      // Nobody vouches for it now: its line is being dialled again, or its people's seats are about to run out.
      if (inside !== undefined) room.learn(inside);
      this.#closeIfEmpty(room);
      return;
    }
  }

  #openRoom(name: string): Room {
    const { bus, onMoved, onRoom } = this.#options;
    const room = new Room(name, onMoved);
    const stops = [
      bus.subscribe(eventsOf(name), (told: InstanceEvent) => this.#hear(room, told)),
      onRoom(room),
    ];
    this.#open.set(name, {
      room,
      close: () => {
        for (const stop of stops) stop();
      },
    });
    return room;
  }

  #hear(room: Room, told: InstanceEvent): void {
    switch (told.type) {
      case 'joined':
        room.joined({ seat: told.seat, account: told.account, name: told.name });
        return;
      case 'left':
        room.left(told.seat, told.cause);
        this.#closeIfEmpty(room);
        return;
      case 'event': {
        const { event, data, seat } = told;
        if (!room.event(event, parse(data), seat)) {
          this.#options.log.debug(
            { instance: room.name, event },
            'an event of an instance was not understood',
          );
        }
        return;
      }
      default:
        told satisfies never; // of a newer process
    }
  }

  #closeIfEmpty(room: Room | undefined): void {
    if (room === undefined || room.persons.size > 0) return;
    this.#open.get(room.name)?.close();
    this.#open.delete(room.name);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
