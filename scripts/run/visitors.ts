// Visitors, as any client is one: a guest account, a ticket to a world, and with the ticket's answer the way in.
import { setTimeout as sleep } from 'node:timers/promises';

export const WORLD = 'plaza';

/** Whoever asks early waits for an instance, and its instance for its world. */
const DEADLINE_MS = 60_000;
const WAIT_S = 20;
/** So many at a time: who comes in does it in moments, and the system is not to be measured by its own bots. */
const AT_ONCE = 16;

/** What the executor is given of a visitor. */
export type Seated = { token: string; seat: string; instance: string };

type Ticket = { state: string; reason: { code: string; message: string } | null; connect: object | null };

/** A seat for each name, in the order of the names. */
export async function visit(
  signal: AbortSignal,
  web: { url: string },
  names: readonly string[],
  seated: (count: number, tookMs: number) => void = () => {},
): Promise<Seated[]> {
  const all: Seated[] = [];
  let next = 0;
  let count = 0;
  const one = async () => {
    for (let at = next++; at < names.length; at = next++) {
      const asked = performance.now();
      all[at] = await seatFor(signal, web, names[at] as string);
      seated(++count, performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return all;
}

async function seatFor(signal: AbortSignal, { url }: { url: string }, name: string): Promise<Seated> {
  const deadline = Date.now() + DEADLINE_MS;
  let token: string | undefined;
  for (;;) {
    const begun = Date.now();
    const answer = await (async () => {
      token ??= (await post<{ token: string }>(signal, `${url}/api/v1/guests`, { name })).token;
      const ticket = await post<Ticket>(signal, `${url}/api/v1/tickets`, { world: WORLD }, token);
      if (ticket.connect !== null) return { token, ...ticket.connect } as Seated;
      return ticket.reason ?? { code: ticket.state, message: 'the ticket still waits' };
    })().catch((error: Error) => ({ code: 'no answer', message: error.message }));
    signal.throwIfAborted();
    if ('seat' in answer) return answer;
    if (Date.now() > deadline)
      throw new Error(`no seat in ${WORLD} for ${DEADLINE_MS / 1000} s: ${answer.message} (${answer.code})`);
    // The same wish again is the same ticket; a control plane that answers at once is not asked in a tight loop.
    await sleep(Math.max(0, 250 - (Date.now() - begun)), undefined, { signal });
  }
}

async function post<T>(signal: AbortSignal, url: string, body: object, token?: string): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      prefer: `wait=${WAIT_S}`,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout((WAIT_S + 10) * 1000)]),
  });
  if (!response.ok) throw new Error(`${response.status} of ${url}: ${await response.text()}`);
  return (await response.json()) as T;
}
