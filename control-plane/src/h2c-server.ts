// gRPC over HTTP/2 without TLS, for peers on this machine or in this cluster. Connect's adapter speaks the
// protocol; this adds what a process needs around it: a start that fails with its reason and a close that also
// ends the streams which never end.
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';

/** Streams that have ended may still be writing why (unit: milliseconds). */
const LAST_WORDS_MS = 200;

export interface GrpcServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface GrpcOptions {
  readonly routes: (router: ConnectRouter) => void;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** A bigger message costs its sender the stream (unit: bytes). */
  readonly readMaxBytes: number;
}

export async function listenGrpc({ routes, host, port, readMaxBytes }: GrpcOptions): Promise<GrpcServer> {
  const closing = new AbortController();
  const handler = connectNodeAdapter({
    routes,
    connect: false,
    grpcWeb: false,
    readMaxBytes,
    shutdownSignal: closing.signal,
  });
  const server = createServer(handler);
  const sessions = track(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions) session.close();
      await Promise.race([closed, sleep(LAST_WORDS_MS)]);
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

function track(server: Http2Server): Set<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  return sessions;
}
