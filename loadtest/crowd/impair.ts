// The bad network between bots and the instance, as a process of its own.
import { tryTool } from '../../scripts/bootstrap/tool.mjs';

export type Network = { rttMs: number; jitterMs: number; lossPct: number; seed: number };

/** Since the proxy's start; bytes without IP and UDP headers. */
export type ProxyWay = {
  received: number;
  received_bytes: number;
  lost: number;
  sent: number;
  sent_bytes: number;
  dropped: number;
  overflowed: number;
};
export type ProxyReport = {
  type: 'report';
  refused: number;
  most_clients: number;
  up: ProxyWay;
  down: ProxyWay;
  late_us: { p50: number; p99: number; max: number };
};
type ProxyLine = ProxyReport | { type: 'listening'; listen: string };

export type Impairment = { via: string; last(): ProxyReport | undefined; stop(): Promise<void> };

/** Starts it; the promise is its address for the bots. */
export async function startProxy(
  program: string,
  target: string,
  { rttMs, jitterMs, lossPct, seed }: Network,
  signal: AbortSignal,
): Promise<Impairment> {
  const own = new AbortController();
  const listening = Promise.withResolvers<string>();
  let last: ProxyReport | undefined;
  const conditions = { rtt: rttMs, jitter: jitterMs, loss: lossPct, seed, report: 1 };
  const args = Object.entries(conditions).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const ended = tryTool(program, ['--relay', `127.0.0.1:0=${target}`, ...args], {
    signal: AbortSignal.any([signal, own.signal]),
    onOutput(text) {
      const line = JSON.parse(text) as ProxyLine;
      if (line.type === 'listening') listening.resolve(line.listen);
      else last = line;
    },
  });
  ended.then(
    ({ errors }) => listening.reject(new Error(`the impairment proxy ended: ${errors}`)),
    listening.reject,
  );
  return {
    via: await listening.promise,
    last: () => last,
    async stop() {
      own.abort();
      await ended.catch(() => {}); // told to
    },
  };
}
