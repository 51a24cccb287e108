import { describe, expect, test } from 'vitest';
import { type MatchInstance, type MatchTicket, type MatchWorld, match } from './match.ts';
import { DEFAULT_RULES } from './rules.ts';

const NOW = 1_000_000;

let arrivals = 0;
function ticket(id: string, more: Partial<MatchTicket> = {}): MatchTicket {
  arrivals += 1;
  return {
    id,
    account: `account ${id}`,
    order: arrivals,
    sinceMs: NOW,
    party: undefined,
    with: [],
    avoid: [],
    regions: {},
    protocolHash: undefined,
    refusedBy: [],
    ...more,
  };
}

const party = (id: string, size: number, more: Partial<MatchTicket> = {}) =>
  Array.from({ length: size }, (_, i) => ticket(`${id}${i + 1}`, { party: { id, size }, ...more }));

function instance(name: string, taken: number, more: Partial<MatchInstance> = {}): MatchInstance {
  return {
    name,
    capacity: 10,
    taken,
    protocolHash: 'A',
    region: undefined,
    open: true,
    inside: [],
    avoided: [],
    ...more,
  };
}

const copies: MatchWorld = { kind: 'copies', capacity: 10, rules: DEFAULT_RULES, spareHashes: ['A'] };
const shared: MatchWorld = { ...copies, kind: 'shared' };

/** "a→x b→x | +c d | e": matches, openings, the rest; foreign ones after "!". */
function told(tickets: MatchTicket[], instances: MatchInstance[], world = copies, now = NOW): string {
  const { matches, openings, waiting, foreign } = match(tickets, instances, world, now);
  const seated = matches.flatMap((one) => one.tickets.map(({ id }) => `${id}→${one.instance}`));
  const opened = openings.map((one) => `+${one.tickets.map(({ id }) => id).join(',')}`);
  const rest = waiting.map((one) => one.ticket.id + (one.coming ? '…' : ''));
  const parts = [seated, opened, rest].map((part) => part.join(' '));
  return (
    parts.join(' | ') + (foreign.length > 0 ? ` ! ${foreign.map((one) => one.ticket.id).join(' ')}` : '')
  );
}

describe('fill before opening', () => {
  test('the fullest that has room, and stays the fullest while it fills', () => {
    const instances = [instance('x', 2), instance('y', 8), instance('z', 10)];
    expect(told([ticket('a'), ticket('b'), ticket('c')], instances)).toBe('a→y b→y c→x |  | ');
  });
  test('equally full ones go by name, so that the answer is always the same', () => {
    expect(told([ticket('a')], [instance('y', 3), instance('x', 3)])).toBe('a→x |  | ');
  });
  test('one is opened when none has room, and for as many as it holds', () => {
    const world = { ...copies, capacity: 2 };
    expect(told([ticket('a'), ticket('b'), ticket('c')], [instance('x', 10)], world)).toBe(
      ' | +a,b +c | a… b… c…',
    );
  });
  test('what is loading is counted on, and nobody is sent there', () => {
    const loading = instance('x', 8, { open: false });
    expect(told([ticket('a'), ticket('b'), ticket('c')], [loading])).toBe(' | +c | a… b… c…');
  });
  test('no more are opened at once than the rules allow', () => {
    const world = { ...copies, capacity: 1, rules: { ...DEFAULT_RULES, openAtOnce: 2 } };
    expect(told([ticket('a'), ticket('b'), ticket('c')], [], world)).toBe(' | +a +b | a… b… c');
  });
});

describe('parties', () => {
  test('go together: where all have a seat, though another is fuller', () => {
    expect(told(party('p', 4), [instance('x', 7), instance('y', 3)])).toBe('p1→y p2→y p3→y p4→y |  | ');
  });
  test('go together or not at all; the single behind them takes a seat that is left', () => {
    expect(told([...party('p', 4), ticket('a')], [instance('x', 7)], shared)).toBe('a→x |  | p1 p2 p3 p4');
  });
  test('wait until all have come, and then stand where the last one stands', () => {
    const [first, last] = party('p', 2) as [MatchTicket, MatchTicket];
    expect(told([first], [instance('x', 0)])).toBe(' |  | p1');
    const between = ticket('a', { order: first.order + 0.5 });
    expect(told([first, between, last], [instance('x', 8)], shared)).toBe('a→x |  | p1 p2');
  });
  test('of the same name and another size are others', () => {
    const strange = [
      ticket('a', { party: { id: 'p', size: 2 } }),
      ticket('b', { party: { id: 'p', size: 3 } }),
    ];
    expect(told(strange, [instance('x', 0)])).toBe(' |  | a b');
  });
  test('a large one has seats kept for it when it has waited long', () => {
    const tickets = [...party('p', 4), ticket('a')];
    const instances = [instance('x', 7), instance('y', 9)];
    const world = { ...copies, rules: { ...DEFAULT_RULES, openAtOnce: 1 }, capacity: 3 };
    expect(told(tickets, instances, world)).toBe('a→y |  | p1 p2 p3 p4');
    const later = NOW + 20_000;
    expect(told([...tickets, ticket('b')], instances, world, later)).toBe('a→y | +b | p1 p2 p3 p4 b…');
    expect(told([...tickets, ticket('b')], [instance('x', 6)], world, later)).toBe(
      'p1→x p2→x p3→x p4→x | +a,b | a… b…',
    );
  });
  test('larger than an instance of this world wait; nothing is opened for them in vain', () => {
    expect(told(party('p', 4), [], { ...copies, capacity: 3 })).toBe(' |  | p1 p2 p3 p4');
  });
});

describe('wishes', () => {
  test('friends come before fullness', () => {
    const wish = ticket('a', { with: ['ada'] });
    expect(told([wish], [instance('x', 9), instance('y', 1, { inside: ['ada'] })])).toBe('a→y |  | ');
  });
  test('where there is no room with friends, anywhere', () => {
    const wish = ticket('a', { with: ['ada'] });
    expect(told([wish], [instance('x', 1), instance('y', 10, { inside: ['ada'] })])).toBe('a→x |  | ');
  });
  test('nobody goes to whom they avoid, nor to who avoids them', () => {
    const avoiding = ticket('a', { avoid: ['bob'] });
    const instances = [instance('x', 9, { inside: ['bob'] }), instance('y', 1)];
    expect(told([avoiding], instances)).toBe('a→y |  | ');
    const avoided = instance('x', 9, { inside: ['bob'], avoided: ['account b'] });
    expect(told([ticket('b')], [avoided, instance('y', 1)])).toBe('b→y |  | ');
  });
  test('two who come at the same time are kept apart too', () => {
    const tickets = [ticket('a', { avoid: ['account b'] }), ticket('b')];
    expect(told(tickets, [instance('x', 5), instance('y', 1)])).toBe('a→x b→y |  | ');
    expect(told(tickets, [instance('x', 5)], shared)).toBe('a→x |  | b');
    expect(told(tickets, [instance('x', 5)])).toBe('a→x | +b | b…');
  });
  test('who comes as one party is not kept apart', () => {
    expect(told(party('p', 2, { avoid: ['account p1'] }), [instance('x', 5)])).toBe('p1→x p2→x |  | ');
  });
});

describe('protocol', () => {
  test('an instance of another protocol is never chosen', () => {
    const world = { ...copies, spareHashes: ['A', 'B'] };
    const instances = [instance('x', 9), instance('y', 1, { protocolHash: 'B' })];
    expect(told([ticket('a', { protocolHash: 'B' })], instances, world)).toBe('a→y |  | ');
    expect(told([ticket('a', { protocolHash: 'B' })], [instance('x', 9)], world)).toBe(' | +a | a…');
  });
  test('one that nobody speaks is told apart, with what is spoken', () => {
    const tickets = [ticket('a', { protocolHash: 'C' }), ticket('b', { protocolHash: 'A' })];
    expect(told(tickets, [instance('x', 0)])).toBe('b→x |  |  ! a');
    const { foreign } = match(tickets, [instance('x', 0, { protocolHash: 'D' })], copies, NOW);
    expect(foreign.map(({ ticket: { id }, spoken }) => [id, spoken])).toEqual([['a', ['A', 'D']]]);
  });
  test('a shared world speaks that of its instance, whatever the spare ones speak', () => {
    const world = { ...shared, spareHashes: ['B'] };
    expect(told([ticket('a', { protocolHash: 'B' })], [instance('x', 0)], world)).toBe(' |  |  ! a');
  });
  test('nobody is turned away while nothing is known', () => {
    const world = { ...copies, spareHashes: [] };
    expect(told([ticket('a', { protocolHash: 'C' })], [], world)).toBe(' | +a | a…');
  });
  test('a party that speaks two can sit nowhere', () => {
    const [first, second] = party('p', 2) as [MatchTicket, MatchTicket];
    const mixed = [
      { ...first, protocolHash: 'A' },
      { ...second, protocolHash: 'B' },
    ];
    expect(told(mixed, [instance('x', 0)], { ...copies, spareHashes: ['A', 'B'] })).toBe(' |  |  ! p1 p2');
  });
});

describe('nearness', () => {
  const far = instance('x', 5, { region: 'oslo' });
  test.each([
    [0, 100, 'a→x |  | '],
    [0, 101, ' |  | a'],
    [4.9, 200, ' |  | a'],
    [5, 200, 'a→x |  | '],
    [14.9, 201, ' |  | a'],
    [15, 9000, 'a→x |  | '],
  ])('after %d s, %d ms', (seconds, rttMs, expected) => {
    const waiting = ticket('a', { regions: { oslo: rttMs }, sinceMs: NOW - seconds * 1000 });
    expect(told([waiting], [far])).toBe(expected);
  });
  test('the nearer one, though the other is fuller', () => {
    const waiting = ticket('a', { regions: { oslo: 300, rome: 20 } });
    expect(told([waiting], [far, instance('y', 1, { region: 'rome' })])).toBe('a→y |  | ');
  });
  test('what was not measured is near enough', () => {
    expect(told([ticket('a', { regions: { rome: 500 } })], [far])).toBe('a→x |  | ');
  });
});

describe('worlds', () => {
  test('a shared one opens its first instance and no second', () => {
    expect(told([ticket('a')], [], shared)).toBe(' | +a | a…');
    expect(told([ticket('a')], [instance('x', 10)], shared)).toBe(' |  | a');
    expect(told([ticket('a')], [instance('x', 0, { open: false })], shared)).toBe(' |  | a…');
  });
  test('should a shared one have two, the fuller one gets all', () => {
    expect(told([ticket('a'), ticket('b')], [instance('x', 1), instance('y', 9)], shared)).toBe('a→y |  | b');
  });
});

describe('fairness', () => {
  test('first come, first served, whatever the order of the list', () => {
    const [a, b] = [ticket('a'), ticket('b')];
    expect(told([b, a], [instance('x', 9)], shared)).toBe('a→x |  | b');
  });
  test('who was refused at the door keeps their place and goes elsewhere', () => {
    const refused = ticket('a', { refusedBy: ['x'] });
    const instances = [instance('x', 8), instance('y', 7)];
    expect(told([refused, ticket('b')], instances)).toBe('a→y b→x |  | ');
    expect(told([refused, ticket('b')], [instance('x', 8)], shared)).toBe('b→x |  | a');
  });
});
