// The bus and the Redis connection, over a Redis that goes away and comes back.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type TestRedis, testRedis } from '../test/stores.ts';
import { until } from '../test/until.ts';
import { Bus } from './bus.ts';
import { connectRedis } from './redis.ts';

let redis: TestRedis;
let bus: Bus;
beforeEach(async () => {
  redis = await testRedis();
  bus = new Bus(redis.client);
}, 30_000);
afterEach(async () => {
  bus.close();
  await redis.close();
});

describe('bus', () => {
  test('what one process publishes every process hears, also itself', async () => {
    const other = new Bus(redis.client);
    const heard: unknown[] = [];
    for (const each of [bus, other]) each.subscribe('ow:test', (message) => heard.push(message));
    await Promise.all([bus.subscribed(), other.subscribed()]);
    await bus.publish('ow:test', { seat: '18446744073709551615' });
    await until(() => heard.length === 2);
    expect(heard).toEqual(Array(2).fill({ seat: '18446744073709551615' }));
    other.close();
  });

  test('who has stopped listening hears nothing, its neighbours on the channel do', async () => {
    const [left, stays] = [vi.fn(), vi.fn()];
    const stop = bus.subscribe('ow:test', left);
    bus.subscribe('ow:test', stays);
    await bus.subscribed();
    stop();
    stop();
    await bus.publish('ow:test', 1);
    await until(() => stays.mock.calls.length === 1);
    expect(left).not.toHaveBeenCalled();
  });

  test('a listener that throws and a message that is no JSON harm nobody', async () => {
    const heard = vi.fn();
    const errors: string[] = [];
    const logged = new Bus(redis.client, { error: (_, message) => errors.push(message) });
    logged.subscribe('ow:test', () => {
      throw new Error('ours');
    });
    logged.subscribe('ow:test', heard);
    await logged.subscribed();
    await redis.client.publish('ow:test', 'no { json');
    await logged.publish('ow:test', 'json');
    await until(() => heard.mock.calls.length > 0);
    expect(heard.mock.calls).toEqual([['json']]);
    expect(errors).toEqual(['a message on the bus is not JSON', 'a listener on the bus failed']);
    logged.close();
  });

  test('after Redis was away it listens again, and says that it may have missed something', async () => {
    const [heard, gap] = [vi.fn(), vi.fn()];
    bus.subscribe('ow:test', heard);
    bus.onGap(gap);
    await bus.subscribed();
    await redis.kill();
    await redis.restart();
    await until(() => gap.mock.calls.length === 1);
    await bus.publish('ow:test', 'back'); // no later: who is told of the gap listens already
    await until(() => heard.mock.calls.length === 1);
    expect(heard).toHaveBeenCalledWith('back');
  });
});

describe('connection', () => {
  test('while Redis is away a command fails soon; when it is back the next one works', async () => {
    await redis.client.set('ow:key', 'kept');
    await redis.kill();
    const started = performance.now();
    await expect(redis.client.get('ow:key')).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(2_000);
    await redis.restart();
    expect(await redis.client.get('ow:key')).toBe('kept');
  });

  test('a command that was sent and not answered fails and is not sent again', async () => {
    const { client } = redis;
    await client.client('SETNAME', 'under-test');
    const observer = connectRedis(redis.url);
    const id = await client.client('ID');
    const blocked = expect(client.blpop('ow:nothing', 0)).rejects.toThrow();
    await until(async () => /cmd=blpop/.test(String(await observer.client('LIST'))));
    await observer.client('KILL', 'ID', id);
    await blocked;
    expect(await client.ping()).toBe('PONG');
    expect(String(await observer.client('LIST'))).not.toMatch(/cmd=blpop/);
    observer.disconnect();
  });

  test('it says once that Redis is away, not at every dial', async () => {
    const lines: string[] = [];
    const client = connectRedis(redis.url, { warn: (_, message) => lines.push(message) });
    await client.ping();
    await redis.kill();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(lines).toEqual(['Redis does not answer']);
    client.disconnect();
  });
});
