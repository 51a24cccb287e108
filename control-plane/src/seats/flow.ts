// Joining without a ticket, until tickets are here: a guest → an instance with room → its word on the seat → the tokens.
// An instance that refuses or falls silent costs the guest another round, not the visit.
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../errors.ts';
import type { Directory, InstanceEntry } from '../instances/directory.ts';
import type { Assignment } from '../instances/instance.ts';
import { choose } from './choose.ts';
import { type Guest, guest } from './guest.ts';
import { Opener, type OpenerDeps } from './open.ts';
import type { Connect, Seats } from './seats.ts';

/** Rounds before a guest is told that there is no room. */
const ROUNDS = 4;

export class Joining {
  readonly #seats: Seats;
  readonly #directory: Directory;
  readonly #opener: Opener;

  constructor(seats: Seats, deps: OpenerDeps) {
    this.#seats = seats;
    this.#directory = deps.directory;
    this.#opener = new Opener(deps);
  }

  async join(assignment: Assignment, name: string): Promise<Connect> {
    const newcomer = guest(name);
    const refused = new Set<string>();
    let hasTimedOut = false;
    for (let round = 0; round < ROUNDS; round += 1) {
      const instance = await this.#find(assignment, refused);
      if (instance === undefined) break;
      const outcome = await this.#sit(instance.name, newcomer);
      if (typeof outcome !== 'string') return outcome;
      hasTimedOut ||= outcome === 'timeout';
      refused.add(instance.name);
    }
    throw new ApiError(hasTimedOut ? 'OW_ERR_SEAT_TIMEOUT' : 'OW_ERR_NO_ROOM');
  }

  async #sit(instance: string, { user, name }: Guest): Promise<Connect | 'timeout' | 'refused'> {
    const holder = { account: user, name, role: 'player' } as const;
    const reservation = await this.#seats.reserve(instance, [holder]);
    if (typeof reservation === 'string') return 'refused';
    const answer = await this.#seats.confirm(instance, reservation, [holder]);
    if (answer !== 'accepted') return answer === 'timeout' ? answer : 'refused';
    return this.#seats.connect(instance, reservation.seats[0] as bigint, holder);
  }

  async #find(assignment: Assignment, refused: ReadonlySet<string>): Promise<InstanceEntry | undefined> {
    const worldId = assignment.world.id;
    const running = choose(await this.#directory.all(), worldId, refused);
    if (running !== undefined) return running;
    if (!(await this.#opener.open(assignment))) return undefined;
    // The new one is written down a moment after it has said that it listens.
    return until(async () => choose(await this.#directory.all(), worldId, refused));
  }
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let time = 0; time < 20; time += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(50);
  }
  return undefined;
}
