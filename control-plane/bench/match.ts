// What the match of one pass costs: `node control-plane/bench/match.ts`. 10,000 tickets is a queue such as nobody wants
// to have; it must cost a part of a second all the same, because it comes again with each pass.
import assert from 'node:assert/strict';
import { type MatchInstance, type MatchTicket, match } from '../src/matchmaking/match.ts';
import { DEFAULT_RULES } from '../src/matchmaking/rules.ts';

const TICKETS = 10_000;
const INSTANCES = 100;
const PASSES = 50;

function crowd(wishes: boolean): MatchTicket[] {
  return Array.from({ length: TICKETS }, (_, i) => ({
    id: `ticket ${i}`,
    account: `account ${i}`,
    order: i,
    sinceMs: 0,
    party: i % 10 < 4 ? { id: `party ${Math.floor(i / 10)}`, size: 4 } : undefined,
    with: wishes ? [`account ${(i * 7) % TICKETS}`] : [],
    avoid: wishes ? [`account ${(i * 11) % TICKETS}`] : [],
    regions: { oslo: 20 },
    protocolHash: 'A',
    refusedBy: [],
  }));
}

function hall(taken: (i: number) => number): MatchInstance[] {
  return Array.from({ length: INSTANCES }, (_, i) => ({
    name: `instance ${i}`,
    capacity: 100,
    taken: taken(i),
    protocolHash: 'A',
    region: 'oslo',
    open: true,
    inside: Array.from({ length: taken(i) }, (_, seat) => `guest ${i} ${seat}`),
    avoided: [],
  }));
}

const world = { kind: 'copies', capacity: 100, rules: DEFAULT_RULES, spareHashes: ['A'] } as const;

function measure(name: string, tickets: MatchTicket[], instances: MatchInstance[], expected: number): void {
  const times: number[] = [];
  let seated = 0;
  for (let pass = 0; pass < PASSES; pass += 1) {
    const begun = performance.now();
    const { matches } = match(tickets, instances, world, 1_000);
    times.push(performance.now() - begun);
    seated = matches.reduce((sum, one) => sum + one.tickets.length, 0);
  }
  assert.equal(seated, expected, name);
  times.sort((a, b) => a - b);
  const [p50, p99] = [times[PASSES / 2], times[Math.floor(PASSES * 0.99)]];
  console.log(`${name}: ${seated} seated, p50 ${p50?.toFixed(1)} ms, p99 ${p99?.toFixed(1)} ms`);
}

console.log(`${TICKETS} tickets, ${INSTANCES} instances, ${PASSES} passes`);
measure(
  'all find a seat',
  crowd(false),
  hall(() => 0),
  TICKETS,
);
measure(
  'none does',
  crowd(false),
  hall(() => 100),
  0,
);
measure(
  'half of them, each with a friend and one to avoid',
  crowd(true),
  hall((i) => i % 100),
  5_050,
);
