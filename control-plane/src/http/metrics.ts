// How long requests take, and the port on which Prometheus asks: one of its own, so that what is counted is not served to
// everybody whom the API is served to.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { histogram, metrics } from '../metrics.ts';
import type { App } from './route.ts';

/** From an answer out of memory to the longest wait for a ticket (unit: seconds). */
const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

const durations = histogram(
  'http_request_duration_seconds',
  'From the head of a request to the end of its answer; streams and sockets are not in it.',
  BUCKETS,
  ['method', 'route', 'status'],
);

/** Before the routes. */
export function measureRequests(app: App): void {
  const endless = new Set<string>();
  app.addHook('onRoute', ({ url, sse, websocket }) => {
    if (sse !== undefined || websocket) endless.add(url);
  });
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    const route = routeOptions.url ?? 'none';
    if (endless.has(route)) return;
    durations.observe({ method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
  });
}

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function listenMetrics(host: string, port: number): Promise<MetricsServer> {
  const server = createServer(async ({ method, url }, response) => {
    if (method !== 'GET' || url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    try {
      const text = await metrics.metrics();
      response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
