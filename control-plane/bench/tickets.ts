// Tickets a second by the public HTTP: `node control-plane/bench/tickets.ts [--seconds 10] [--inflight 64] [--planes 1]
// [--clients 1] [--workers 1] [--warmup 2] [--profile FOLDER]`.
//
// Everything is real but the instances, which are fakes of a large capacity on real lines: PostgreSQL, Redis, control planes as
// processes of their own (role `api`, and `worker`), client processes of their own. Guests are made before the clock
// starts. A client keeps so many tickets in flight: POST with `Prefer: wait=20` until it is seated. What is reported is
// seated tickets a second and the time from the request to the seat with its connect tokens.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { ticketGround } from './tickets/ground.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    warmup: { type: 'string', default: '2' },
    inflight: { type: 'string', default: '64' },
    planes: { type: 'string', default: '1' },
    workers: { type: 'string', default: '1' },
    clients: { type: 'string', default: '1' },
    instances: { type: 'string', default: '2' },
    profile: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const clients = Number(values.clients);

const ground = await ticketGround({
  apis: Number(values.planes),
  workers: Number(values.workers),
  instances: Number(values.instances),
  profile: values.profile,
});
try {
  const before = ground.cpu();
  const share = Math.ceil(ground.tokens.length / clients);
  const children = Array.from({ length: clients }, (_, i) => {
    const child = fork(new URL('./tickets/client.ts', import.meta.url));
    child.send({
      url: ground.urls[i % ground.urls.length],
      world: ground.world,
      tokens: ground.tokens.slice(i * share, (i + 1) * share),
      inflight: Math.ceil(Number(values.inflight) / clients),
      warmupMs: Number(values.warmup) * 1000,
      ms: seconds * 1000,
    });
    return child;
  });
  const results = await Promise.all(
    children.map(async (child) => (await once(child, 'message'))[0] as Result),
  );
  const times = results.flatMap((one) => one.times).sort((a, b) => a - b);
  const failures = results.flatMap((one) => one.failures);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))]?.toFixed(1);
  console.log(
    `${(times.length / seconds).toFixed(0)} tickets/s seated over ${seconds} s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; ` +
      `${values.inflight} in flight, ${clients} client, ${values.planes} api and ${values.workers} worker processes, ` +
      `${values.instances} instances; ${failures.length} failed ${[...new Set(failures)].slice(0, 3).join('; ')}`,
  );
  const spent = Object.entries(ground.cpu()).map(
    ([name, cpu]) => `${name} ${(cpu - (before[name] as number)).toFixed(1)} s`,
  );
  console.log(`CPU in ${seconds + Number(values.warmup)} s, warm-up included: ${spent.join(', ')}`);
} finally {
  await ground.close();
}

interface Result {
  readonly times: readonly number[];
  readonly failures: readonly string[];
}
