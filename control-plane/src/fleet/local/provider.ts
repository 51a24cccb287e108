// The fleet as the local supervisor runs it, over its HTTP. It may be down for a while (it is another process):
// calls then fail as FleetUnavailable, and the watch goes on as soon as it is back.
import { setTimeout as sleep } from 'node:timers/promises';
import type { GameServerView } from '../game-server.ts';
import { type FleetProvider, FleetUnavailable, type Identity, type Selector } from '../provider.ts';
import { readEvents } from './sse-reader.ts';

const CALL_TIMEOUT_MS = 3_000;
const WATCH_RETRY_MS = 500;

export class LocalFleet implements FleetProvider {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url.replace(/\/$/, '');
    this.#token = token;
  }

  async list(): Promise<readonly GameServerView[]> {
    const { gameServers } = await this.#json<{ gameServers: GameServerView[] }>('GET', '/v1/gameservers');
    return gameServers;
  }

  async *watch(signal: AbortSignal): AsyncGenerator<readonly GameServerView[], void> {
    while (!signal.aborted) {
      try {
        const response = await fetch(`${this.#url}/v1/gameservers/watch`, {
          headers: { accept: 'text/event-stream' },
          signal,
        });
        if (response.body === null || !response.ok) throw new FleetUnavailable(`watch: ${response.status}`);
        for await (const event of readEvents(response.body)) {
          yield (JSON.parse(event.data) as { gameServers: GameServerView[] }).gameServers;
        }
      } catch {
        // The supervisor is away; whoever needs it now is told by the calls.
      }
      await sleep(WATCH_RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  async allocate(selectors: readonly Selector[]): Promise<GameServerView | undefined> {
    const response = await this.#call('POST', '/v1/allocate', { selectors });
    return response.status === 409 ? undefined : ((await expectOk(response)) as GameServerView);
  }

  async scale(replicas: number): Promise<void> {
    await this.#json('PATCH', '/v1/fleet', { replicas });
  }

  async identify(credential: string): Promise<Identity | undefined> {
    const response = await this.#call('POST', '/v1/identify', { credential });
    return response.status === 404 ? undefined : ((await expectOk(response)) as Identity);
  }

  async remove(name: string): Promise<boolean> {
    const response = await this.#call('DELETE', `/v1/gameservers/${encodeURIComponent(name)}`);
    if (response.status === 404) return false;
    await expectOk(response);
    return true;
  }

  async #json<T>(method: string, path: string, body?: object): Promise<T> {
    return (await expectOk(await this.#call(method, path, body))) as T;
  }

  async #call(method: string, path: string, body?: object): Promise<Response> {
    try {
      return await fetch(this.#url + path, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        body: body ? JSON.stringify(body) : null,
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      });
    } catch (error) {
      throw new FleetUnavailable(`the fleet supervisor at ${this.#url} does not answer`, { cause: error });
    }
  }
}

async function expectOk(response: Response): Promise<unknown> {
  if (!response.ok) {
    throw new FleetUnavailable(`the fleet supervisor answered ${response.status}: ${await response.text()}`);
  }
  return response.json();
}
