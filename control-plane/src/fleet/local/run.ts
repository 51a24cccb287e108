// The life of one instance from a port to the last line of its log, in order. Whatever ends it (its own wish, its
// death, a missed health deadline, the fleet) passes through the GameServer's state, and everything it held is
// given back.
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Credentials } from './credentials.ts';
import type { GameServer } from './game-server.ts';
import { HealthMonitor } from './health.ts';
import { LogFile, pruneLogs } from './log-file.ts';
import { describeExit, InstanceProcess } from './process.ts';
import { listenSdk, type SdkServer } from './sdk/server.ts';
import { isOver } from './states.ts';
import type { UdpPorts } from './udp-ports.ts';

export interface RunContext {
  readonly command: readonly string[];
  readonly udpHost: string;
  readonly controlUrl: string;
  readonly logDirectory: string;
  /** Where instances write what was true, if they are to. */
  readonly recordDirectory: string | undefined;
  /** Between SIGTERM and SIGKILL (unit: milliseconds). */
  readonly graceMs: number;
  readonly ports: UdpPorts;
  readonly credentials: Credentials;
  readonly log: Logger;
  /** Told the pid as soon as there is one, and undefined when it is gone. */
  readonly onProcess: (name: string, pid: number | undefined) => void;
}

/** Resolves when nothing of the instance is left. */
export async function run(server: GameServer, context: RunContext): Promise<void> {
  const { name, uid } = server.record;
  const log = context.log.child({ instance: name });
  const held = new AsyncDisposableStack();
  try {
    const port = await takePort(server, context, held);
    const health = new HealthMonitor(server.record.health, (reason) => {
      server.apply({ type: 'unhealthy', reason });
    });
    held.defer(() => health.stop());
    const sdk = await listenSdk(server, health);
    held.defer(() => sdk.close());
    server.apply({ type: 'sdkListening' });

    const identityFile = context.credentials.issue({ name, uid });
    held.defer(() => context.credentials.revoke(name));
    const output = new LogFile(join(context.logDirectory, `instance-${name}.log`));
    held.defer(() => output.close());

    const env = { ...process.env, ...instanceEnv(name, context, sdk, port, identityFile) };
    const child = await InstanceProcess.start(context.command, env, output);
    held.defer(async () => {
      await child.stop(0);
    });
    context.onProcess(name, child.pid);
    held.defer(() => context.onProcess(name, undefined));
    server.apply({ type: 'spawned' });
    health.start();
    log.info({ pid: child.pid, udp: port, sdkGrpc: sdk.grpcPort, sdkHttp: sdk.httpPort }, 'instance started');

    await untilOver(server, child);
    health.stop();
    const exit = await child.stop(stopsAtOnce(server) ? 0 : context.graceMs);
    log.info({ state: server.state, exit: describeExit(exit) }, 'instance over');
  } catch (error) {
    server.apply({ type: 'fail', reason: error instanceof Error ? error.message : String(error) });
    log.error({ err: error }, 'instance failed');
  } finally {
    await held.disposeAsync().catch((error) => log.error({ err: error }, 'could not clear everything away'));
    await pruneLogs(context.logDirectory).catch((error) =>
      log.warn({ err: error }, 'could not remove old logs'),
    );
  }
}

async function takePort(
  server: GameServer,
  { ports }: RunContext,
  held: AsyncDisposableStack,
): Promise<number> {
  const port = await ports.take();
  held.defer(() => ports.release(port));
  server.update({ ports: [{ name: 'udp', port }] });
  server.apply({ type: 'portAllocated' });
  return port;
}

/** The names are the same on Kubernetes; those of the SDK are Agones' own. */
function instanceEnv(name: string, context: RunContext, sdk: SdkServer, port: number, identityFile: string) {
  const host = context.udpHost.includes(':') ? `[${context.udpHost}]` : context.udpHost;
  return {
    AGONES_SDK_GRPC_PORT: String(sdk.grpcPort),
    AGONES_SDK_HTTP_PORT: String(sdk.httpPort),
    OTHERWORLD_CONTROL_URL: context.controlUrl,
    OTHERWORLD_IDENTITY_FILE: identityFile,
    OTHERWORLD_UDP_BIND: `${host}:${port}`,
    ...(context.recordDirectory && {
      OTHERWORLD_RECORD: join(context.recordDirectory, `${name}.owtruth`),
    }),
  };
}

async function untilOver(server: GameServer, child: InstanceProcess): Promise<void> {
  void child.exited.then((exit) => {
    server.apply({ type: 'unhealthy', reason: `its process ${describeExit(exit)}` });
  });
  if (isOver(server.state)) return;
  await new Promise<void>((resolve) => {
    const stop = server.onChange(({ state }) => {
      if (!isOver(state)) return;
      stop();
      resolve();
    });
  });
}

/** A hung process is not asked; there is nobody to answer. */
function stopsAtOnce(server: GameServer): boolean {
  return server.state.name === 'Unhealthy';
}
