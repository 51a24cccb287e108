// Where accounts are, read from those who know: seats are `seats/`'s, and only it writes them.
import type { InstanceRecord } from '../instances/record.ts';
import type { SeatScripts } from '../seats/scripts.ts';

export interface Member {
  readonly account: string;
  readonly name: string;
  readonly seat: string;
}

export interface Inside {
  /** UUID of the world it runs. */
  readonly world: string | undefined;
  /** Everybody who is connected. */
  readonly members: readonly Member[];
}

export interface Places {
  /** The seat of an account. */
  of(account: string): Promise<{ instance: string; seat: string } | undefined>;
  /** Undefined: nobody knows this instance. */
  inside(instance: string): Promise<Inside | undefined>;
}

export function placesOf(scripts: SeatScripts): Places {
  return {
    async of(account) {
      const found = await scripts.where(account);
      return found && { instance: found.instance, seat: String(found.seat) };
    },
    async inside(instance) {
      const [found] = await scripts.list(true, [instance]);
      if (found === undefined) return undefined;
      const { assignment } = JSON.parse(found.record) as InstanceRecord;
      const members = found.seats.filter(({ state }) => state === 'connected');
      return {
        world: assignment?.world.id,
        members: members.map(({ id, account, name }) => ({ seat: id, account, name })),
      };
    },
  };
}
