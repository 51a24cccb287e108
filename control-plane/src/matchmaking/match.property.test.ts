// What holds for every pass, whoever comes: hundreds of crowds, small enough that parties, wishes and protocols meet.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MatchInstance, type MatchTicket, type MatchWorld, match } from './match.ts';
import { matchRules } from './rules.ts';

const accounts = Array.from({ length: 24 }, (_, i) => `account ${i}`);
const someAccounts = fc.subarray(accounts, { maxLength: 3 });
const hash = fc.constantFrom('A', 'B');
const region = fc.option(fc.constantFrom('oslo', 'rome'), { nil: undefined });

const ticket = fc.record({
  sinceMs: fc.integer({ min: 0, max: 60_000 }),
  party: fc.option(fc.record({ id: fc.constantFrom('p', 'q', 'r'), size: fc.integer({ min: 1, max: 4 }) }), {
    nil: undefined,
  }),
  with: someAccounts,
  avoid: someAccounts,
  regions: fc.dictionary(fc.constantFrom('oslo', 'rome'), fc.integer({ min: 1, max: 400 })),
  protocolHash: fc.option(fc.constantFrom('A', 'B', 'C'), { nil: undefined }),
  refusedBy: fc.subarray(['instance 0', 'instance 1'], { maxLength: 1 }),
});
const tickets = fc
  .tuple(fc.shuffledSubarray(accounts), fc.array(ticket, { maxLength: 24 }))
  .map(([who, asked]): MatchTicket[] =>
    asked
      .slice(0, who.length)
      .map((one, i) => ({ ...one, id: `ticket ${i}`, account: who[i] as string, order: i % 7 })),
  );
const instances = fc
  .array(
    fc.record({
      capacity: fc.integer({ min: 1, max: 8 }),
      guests: fc.subarray(
        Array.from({ length: 8 }, (_, i) => `guest ${i}`),
        { maxLength: 8 },
      ),
      protocolHash: hash,
      region,
      open: fc.boolean(),
      avoided: someAccounts,
    }),
    { maxLength: 5 },
  )
  .map((list): MatchInstance[] =>
    list.map(({ guests, ...rest }, i) => ({
      ...rest,
      name: `instance ${i}`,
      inside: guests.slice(0, rest.capacity),
      taken: Math.min(guests.length, rest.capacity),
    })),
  );
const world = fc.record<MatchWorld>({
  kind: fc.constantFrom('shared', 'copies'),
  capacity: fc.integer({ min: 1, max: 6 }),
  rules: fc.integer({ min: 1, max: 3 }).map((openAtOnce) => matchRules.parse({ openAtOnce })),
  spareHashes: fc.subarray(['A', 'B']),
});

function always(
  name: string,
  holds: (tickets: MatchTicket[], instances: MatchInstance[], world: MatchWorld) => void,
) {
  test(name, () => {
    fc.assert(fc.property(tickets, instances, world, holds), { numRuns: 600 });
  });
}

const NOW = 60_000;

always('no ticket is lost and none is decided twice', (asked, rooms, place) => {
  const { matches, waiting, foreign } = match(asked, rooms, place, NOW);
  const decided = [
    ...matches.flatMap((one) => one.tickets),
    ...waiting.map((one) => one.ticket),
    ...foreign.map((one) => one.ticket),
  ];
  expect(decided.map(({ id }) => id).sort()).toEqual(asked.map(({ id }) => id).sort());
});

always(
  'no instance is ever above its capacity, and none that is closed is entered',
  (asked, rooms, place) => {
    const { matches } = match(asked, rooms, place, NOW);
    for (const room of rooms) {
      const entered = matches.filter((one) => one.instance === room.name).flatMap((one) => one.tickets);
      if (!room.open) expect(entered).toEqual([]);
      expect(room.taken + entered.length).toBeLessThanOrEqual(room.capacity);
    }
  },
);

always('a party is never split', (asked, rooms, place) => {
  for (const { tickets: together } of match(asked, rooms, place, NOW).matches) {
    const { party } = together[0] as MatchTicket;
    expect(together).toHaveLength(party?.size ?? 1);
    for (const member of together) expect(member.party).toEqual(party);
  }
});

always(
  'who avoids somebody is never with them, but in a party of their own making',
  (asked, rooms, place) => {
    const { matches } = match(asked, rooms, place, NOW);
    for (const room of rooms) {
      const here = matches.filter((one) => one.instance === room.name);
      for (const { tickets: together } of here) {
        const others = [
          ...room.inside,
          ...here.flatMap((one) =>
            one.tickets === together ? [] : one.tickets.map(({ account }) => account),
          ),
        ];
        for (const { avoid, account } of together) {
          expect(avoid.filter((one) => others.includes(one))).toEqual([]);
          expect(room.avoided).not.toContain(account);
        }
      }
    }
  },
);

always('nobody is sent to another protocol, nor to who refused them', (asked, rooms, place) => {
  for (const { instance, tickets: together } of match(asked, rooms, place, NOW).matches) {
    const room = rooms.find(({ name }) => name === instance) as MatchInstance;
    for (const { protocolHash, refusedBy } of together) {
      expect(protocolHash ?? room.protocolHash).toBe(room.protocolHash);
      expect(refusedBy).not.toContain(instance);
    }
  }
});

always('the order of the lists does not matter', (asked, rooms, place) => {
  const backwards = match([...asked].reverse(), [...rooms].reverse(), place, NOW);
  expect(backwards).toEqual(match(asked, rooms, place, NOW));
});

always('no instance is opened for nobody, and a shared world has one at most', (asked, rooms, place) => {
  const { openings } = match(asked, rooms, place, NOW);
  for (const opening of openings) {
    expect(opening.tickets.length).toBeGreaterThan(0);
    expect(opening.tickets.length).toBeLessThanOrEqual(place.capacity);
  }
  if (place.kind === 'shared') expect(openings.length).toBeLessThanOrEqual(rooms.length === 0 ? 1 : 0);
  expect(openings.length).toBeLessThanOrEqual(place.rules.openAtOnce);
});

always(
  'a single without conditions never waits while a seat is free, unless seats are kept',
  (asked, rooms, place) => {
    const plain = asked.map((one) => ({ ...one, party: undefined, sinceMs: NOW }));
    const { matches, waiting } = match(plain, rooms, place, NOW);
    if (place.kind === 'shared') return;
    const left = rooms.filter(({ name, open, capacity, taken, avoided, region: where }) => {
      const entered = matches.filter((one) => one.instance === name).length;
      return open && taken + entered < capacity && avoided.length === 0 && where === undefined;
    });
    const free = waiting.filter(({ ticket: one }) => {
      const wishes = [...one.avoid, ...one.refusedBy, ...(one.protocolHash ?? '')];
      return wishes.length === 0 && !plain.some(({ avoid }) => avoid.includes(one.account));
    });
    if (left.length > 0) expect(free).toEqual([]);
  },
);
