// What every FleetProvider must do, as tests. The local one runs them in `local/provider.test.ts`; the one for Agones will run
// them against a real cluster.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../test/until.ts';
import type { GameServerView } from './game-server.ts';
import type { FleetProvider } from './provider.ts';

export interface FleetUnderTest {
  readonly provider: FleetProvider;
  /** A label that every GameServer of the fleet carries. */
  readonly label: readonly [key: string, value: string];
  /** What the process of this GameServer proves itself with. */
  credentialOf(name: string): string;
  close(): Promise<void>;
}

const PATIENCE_MS = 30_000;

export function providerContract(kind: string, start: (replicas: number) => Promise<FleetUnderTest>): void {
  let fleet: FleetUnderTest;
  let provider: FleetProvider;
  const inState = async (state: string) => (await provider.list()).filter((server) => server.state === state);
  const count = (state: string, wanted: number) =>
    until(async () => (await inState(state)).length === wanted, PATIENCE_MS);

  describe(`a fleet provider: ${kind}`, () => {
    beforeEach(async () => {
      fleet = await start(2);
      provider = fleet.provider;
      await count('Ready', 2);
    }, PATIENCE_MS);
    afterEach(() => fleet.close());

    test('list tells where each one is reached', async () => {
      const servers = await provider.list();
      expect(servers).toHaveLength(2);
      for (const { address, ports, labels, counters, lists, uid } of servers) {
        expect(address).toMatch(/^[0-9a-f.:]+$/);
        expect(ports).toEqual([{ name: 'udp', port: expect.any(Number) }]);
        expect(labels).toHaveProperty([fleet.label[0]], fleet.label[1]);
        expect(counters.players).toEqual({ count: 0, capacity: 100 });
        expect(lists.seats).toEqual({ capacity: 100, values: [] });
        expect(uid).toMatch(/^[0-9a-f-]{36}$/);
      }
      expect(new Set(servers.map(({ uid }) => uid)).size).toBe(2);
    });

    test('watch tells the whole fleet at once and after each change, until its signal', async () => {
      const stop = new AbortController();
      const seen: (readonly GameServerView[])[] = [];
      const watching = (async () => {
        for await (const servers of provider.watch(stop.signal)) seen.push(servers);
      })();
      await until(() => seen[0]?.length === 2);
      const allocated = await provider.allocate([]);
      await until(() =>
        seen.at(-1)?.some(({ name, state }) => name === allocated?.name && state === 'Allocated'),
      );
      stop.abort();
      await watching;
    });

    test('allocate gives each Ready one once, to whoever comes first', async () => {
      const answers = await Promise.all(Array.from({ length: 5 }, () => provider.allocate([])));
      const names = answers.flatMap((server) => server?.name ?? []);
      expect(names).toHaveLength(2);
      expect(new Set(names).size).toBe(2);
      expect(answers.every((server) => server === undefined || server.state === 'Allocated')).toBe(true);
    });

    test('allocate tries one selector after the other', async () => {
      const nowhere = { matchLabels: { [fleet.label[0]]: 'elsewhere' } };
      const here = { matchLabels: { [fleet.label[0]]: fleet.label[1] } };
      expect(await provider.allocate([nowhere])).toBeUndefined();
      expect((await provider.allocate([nowhere, here]))?.state).toBe('Allocated');
    });

    test('scale adds, and takes away Ready ones alone', async () => {
      const allocated = await provider.allocate([]);
      await provider.scale(4);
      await count('Ready', 3);
      await provider.scale(0);
      await until(async () => (await provider.list()).length === 1, PATIENCE_MS);
      expect((await provider.list())[0]?.name).toBe(allocated?.name);
    });

    test('identify knows whose credential it is, and nobody else’s', async () => {
      for (const { name, uid } of await provider.list()) {
        expect(await provider.identify(fleet.credentialOf(name))).toEqual({ name, uid });
      }
      expect(await provider.identify('')).toBeUndefined();
      expect(await provider.identify('x'.repeat(43))).toBeUndefined();
    });

    test('remove ends one, Allocated too, and another takes its place', async () => {
      const allocated = (await provider.allocate([])) as GameServerView;
      const credential = fleet.credentialOf(allocated.name);
      expect(await provider.remove(allocated.name)).toBe(true);
      await until(
        async () => (await provider.list()).every(({ name }) => name !== allocated.name),
        PATIENCE_MS,
      );
      expect(await provider.identify(credential)).toBeUndefined();
      await count('Ready', 2);
      expect(await provider.remove('nobody')).toBe(false);
    });
  });
}
