// One instance, as this process sees it while somebody with a socket here has a seat there: who is inside, and the
// frames that this makes. It is told things in order and sends; listening and asking are `rooms.ts`.
import { type Frame, frame, type Origin } from './envelope.ts';
import { check, EVENTS, isEvent, isRequest, type StreamName } from './events.ts';
import type { Person } from './people.ts';
import type { Inside, Member } from './places.ts';

const WORD = /^[a-z][a-z0-9_]{0,63}$/;
/** An instance speaks of its world and of nothing else. */
const WORLDLY = /^(physics|environment|interaction):/;

export class Room {
  readonly name: string;
  world: string | undefined;
  /** Persons of this process with a seat here, inside or not. */
  readonly persons = new Set<Person>();
  readonly #onMoved: (person: Person) => void;
  readonly #members = new Map<string, Member>();
  #version = 0;

  constructor(name: string, onMoved: (person: Person) => void) {
    this.name = name;
    this.#onMoved = onMoved;
  }

  get size(): number {
    return this.#members.size;
  }

  /** Counts what was heard: a list that was read before the last word is not the newest. */
  get version(): number {
    return this.#version;
  }

  /** The whole list. Differences are told as if each had just happened. */
  learn({ world, members }: Inside): void {
    this.world = world;
    const seats = new Set(members.map(({ seat }) => seat));
    for (const { seat } of [...this.#members.values()]) if (!seats.has(seat)) this.left(seat, 'left');
    this.#join(members.filter(({ seat }) => !this.#members.has(seat)));
  }

  joined(member: Member): void {
    this.#version += 1;
    if (!this.#members.has(member.seat)) this.#join([member]);
  }

  /** Those inside hear of each; those who come themselves are given the list with all of them. */
  #join(fresh: readonly Member[]): void {
    for (const member of fresh) {
      const { account, name, seat } = member;
      const avatar = { object: `avatar:${seat}`, kind: 'avatar', account, name };
      this.#tellInside(this.#made('presence:joined:v1:stream', member));
      this.#tellInside(this.#made('physics:object_added:v1:stream', avatar));
      this.#members.set(seat, member);
    }
    for (const person of this.persons) {
      const seat = person.place?.seat;
      if (seat !== undefined && this.#members.has(seat)) this.#enter(person, seat);
    }
  }

  /** Answers whose seat it was, if they are of this process: they are not of this room any more. */
  left(seat: string, cause: string): Person | undefined {
    this.#version += 1;
    const member = this.#members.get(seat);
    const person = [...this.persons].find(({ place }) => place?.seat === seat);
    this.#members.delete(seat);
    if (person !== undefined) this.leave(person, cause);
    if (member !== undefined) {
      const said = { ...member, cause: WORD.test(cause) ? cause : 'left' };
      this.#tellInside(this.#made('presence:left:v1:stream', said));
      this.#tellInside(this.#made('physics:object_removed:v1:stream', { object: `avatar:${seat}` }));
    }
    return person;
  }

  /** A person of this process has a seat here. */
  add(person: Person, seat: string): void {
    person.place = { instance: this.name, seat, isInside: false };
    this.persons.add(person);
    if (this.#members.has(seat)) this.#enter(person, seat);
  }

  leave(person: Person, cause: string): void {
    const wasInside = person.place?.isInside ?? false;
    this.persons.delete(person);
    person.place = undefined;
    if (!wasInside) return;
    if (cause === 'kicked')
      person.send(this.#made('moderation:kicked:v1:stream', { reason: 'You were sent out.' }));
    person.send(frame('presence:here:v1:stream', { instance: null, people: [] }));
    this.#onMoved(person);
  }

  /** Something that the instance says. Newer instances know events that this table does not: those are skipped. */
  event(type: string, data: unknown, seat: string): boolean {
    if (!isEvent(type) || isRequest(type) || !WORLDLY.test(type) || EVENTS[type].permission !== 'seat')
      return false;
    const checked = check(type, data);
    if ('fault' in checked) return false;
    const made = this.#made(type as StreamName, checked.data as never);
    if (seat === '0') this.#tellInside(made);
    else for (const person of this.persons) if (person.place?.seat === seat) person.send(made);
    return true;
  }

  tell(make: (origin: Origin) => Frame): void {
    this.#tellInside(make({ instance: this.name, world: this.world }));
  }

  /** Everybody in the instance, for somebody who has just come or has a new socket. */
  here(): Frame {
    return this.#made('presence:here:v1:stream', {
      instance: this.name,
      people: [...this.#members.values()],
    });
  }

  #enter(person: Person, seat: string): void {
    if (person.place?.isInside) return;
    person.place = { instance: this.name, seat, isInside: true };
    person.send(this.here());
    this.#onMoved(person);
  }

  #tellInside(made: Frame): void {
    for (const person of this.persons) if (person.place?.isInside) person.send(made);
  }

  #made<N extends StreamName>(type: N, data: Parameters<typeof frame<N>>[1]): Frame {
    return frame(type, data, { instance: this.name, world: this.world });
  }
}
