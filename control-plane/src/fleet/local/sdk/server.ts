// The SDK ports of one GameServer, which Agones' sidecar would open beside it: gRPC and REST, on loopback, on any
// free ports.
import { listenGrpc } from '../../../h2c-server.ts';
import type { GameServer } from '../game-server.ts';
import type { HealthMonitor } from '../health.ts';
import { listenRest } from './rest.ts';
import { sdkRoutes } from './service.ts';

const LOOPBACK = '127.0.0.1';

export interface SdkServer {
  readonly grpcPort: number;
  readonly httpPort: number;
  close(): Promise<void>;
}

export async function listenSdk(server: GameServer, health: HealthMonitor): Promise<SdkServer> {
  const routes = sdkRoutes(server, health);
  const grpc = await listenGrpc({ routes, host: LOOPBACK, port: 0, readMaxBytes: 64 * 1024 });
  const rest = await listenRest(routes, LOOPBACK);
  return {
    grpcPort: grpc.port,
    httpPort: rest.port,
    close: async () => {
      await Promise.all([grpc.close(), rest.close()]);
    },
  };
}
