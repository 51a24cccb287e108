// Puts the supervisor together: journal, ports, credentials, fleet, HTTP; and takes it apart in the opposite order.
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { secretToken } from '../../secret-file.ts';
import type { SupervisorConfig } from './config.ts';
import { Credentials } from './credentials.ts';
import { Fleet } from './fleet.ts';
import type { HealthSpec } from './health.ts';
import { buildSupervisorApi } from './http.ts';
import { Journal } from './journal.ts';
import { run } from './run.ts';
import { UdpPorts } from './udp-ports.ts';

const FLEET_NAME = 'plaza';
const CAPACITY = 100;
/** 25 s to the end of a process that hangs from its start (10 + 3 × 5), 15–20 s later on. */
const HEALTH: HealthSpec = { disabled: false, initialDelayMs: 10_000, periodMs: 5_000, failureThreshold: 3 };
/** Players are told and their last state leaves well within it. */
const GRACE_MS = 8_000;

export interface Tuning {
  readonly health: HealthSpec;
  readonly graceMs: number;
}

export interface Supervisor {
  readonly port: number;
  close(): Promise<void>;
}

export async function startSupervisor(
  config: SupervisorConfig,
  log: Logger,
  { health, graceMs }: Tuning = { health: HEALTH, graceMs: GRACE_MS },
): Promise<Supervisor> {
  const data = config.OTHERWORLD_DATA;
  const journal = new Journal(join(data, 'fleet'));
  const leftovers = await journal.takeOver();
  if (leftovers.length > 0) log.warn({ leftovers }, 'ended instances that an earlier supervisor had left');
  const credentials = new Credentials(join(data, 'fleet', 'identities'));
  const processes = new Map<string, number>();
  const context = {
    command: config.OTHERWORLD_INSTANCE_COMMAND,
    udpHost: config.OTHERWORLD_UDP_HOST,
    controlUrl: config.OTHERWORLD_CONTROL_URL,
    logDirectory: join(data, 'logs'),
    recordDirectory: config.OTHERWORLD_RECORD_DIR,
    graceMs,
    ports: new UdpPorts(config.OTHERWORLD_UDP_HOST, config.OTHERWORLD_UDP_BASE_PORT),
    credentials,
    log,
    onProcess: (name: string, pid: number | undefined) => {
      if (pid === undefined) processes.delete(name);
      else processes.set(name, pid);
      try {
        journal.write([...processes].map(([name, pid]) => ({ name, pid })));
      } catch (error) {
        log.error(
          { err: error },
          'could not write down what runs; the kernel still takes it along when this process dies',
        );
      }
    },
  };
  const fleet = new Fleet({
    name: FLEET_NAME,
    replicas: config.OTHERWORLD_INSTANCES,
    capacity: CAPACITY,
    address: reachable(config.OTHERWORLD_UDP_HOST),
    health,
    run: (server) => run(server, context),
  });
  const token = secretToken(join(data, 'secrets', 'fleet.token'));
  const app = await buildSupervisorApi({ fleet, credentials, token, log });
  await app.listen({ host: config.OTHERWORLD_FLEET_HOST, port: config.OTHERWORLD_FLEET_PORT });
  journal.write([]);
  fleet.start();
  return {
    port: (app.server.address() as AddressInfo).port,
    close: async () => {
      await fleet.stop();
      await app.close();
      journal.clear();
    },
  };
}

/** A socket bound to every address is reached by this machine's first outside one. */
function reachable(host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return host;
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => !internal && family === 'IPv4');
  return outside?.address ?? '127.0.0.1';
}
