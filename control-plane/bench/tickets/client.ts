// A client process of the bench: keeps so many tickets in flight, each another guest's, over connections that stay open.
import { Agent, request } from 'node:http';

interface Task {
  readonly url: string;
  readonly world: string;
  readonly tokens: readonly string[];
  readonly inflight: number;
  readonly warmupMs: number;
  readonly ms: number;
}

process.once('message', async (task: Task) => {
  const times: number[] = [];
  const failures: string[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: task.inflight });
  const body = JSON.stringify({ world: task.world });
  const from = performance.now() + task.warmupMs;
  const until = from + task.ms;
  let next = 0;
  const one = async () => {
    while (performance.now() < until) {
      const token = task.tokens[next++ % task.tokens.length] as string;
      const begun = performance.now();
      const outcome = await post(agent, `${task.url}/api/v1/tickets`, token, body);
      const ended = performance.now();
      if (begun < from || ended > until) continue;
      if (outcome === 'seated') times.push(ended - begun);
      else failures.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: task.inflight }, one));
  agent.destroy();
  process.send?.({ times, failures }, undefined, {}, () => process.exit(0));
});

function post(agent: Agent, url: string, token: string, body: string): Promise<string> {
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': body.length,
      prefer: 'wait=20',
    };
    const asked = request(url, { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve(/"state":"seated".*"token":/.test(text) ? 'seated' : text.slice(0, 200)),
      );
    });
    asked.on('error', (error) => resolve(error.message));
    asked.end(body);
  });
}
