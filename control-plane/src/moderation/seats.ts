// Sending somebody out of the instances whose lines this process holds. Each process does so for its own, so nobody needs to
// know which process holds the seat, and Redis need not be there. An instance that is told twice does it once; a seat
// that waits for its player is shut before they come, and neither connect token nor resume token opens it again.
import { lineOf } from '../instances/instance.ts';
import { outgoing } from '../instances/messages.ts';
import type { InstanceRegistry } from '../instances/registry.ts';

/** Returns how many seats that were. */
export function kickHere(registry: InstanceRegistry, account: string, reason: string): number {
  let kicked = 0;
  for (const instance of registry.all()) {
    const line = lineOf(instance);
    if (line === undefined) continue;
    for (const { id, user } of instance.seats.values()) {
      if (user !== account) continue;
      line.send(outgoing({ case: 'kick', value: { seat: id, reason } }));
      kicked += 1;
    }
  }
  return kicked;
}

/** Who holds a seat in an instance that this process can speak to. */
export function accountsHere(registry: InstanceRegistry): Set<string> {
  const reachable = registry.all().filter((instance) => lineOf(instance) !== undefined);
  return new Set(reachable.flatMap(({ seats }) => [...seats.values()].map(({ user }) => user)));
}
