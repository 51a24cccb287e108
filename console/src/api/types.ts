/**
 * What the control plane tells the console, as the page reads it; the other side is control-plane/src/http.
 *
 * Everything that an instance reports only after it has registered may be missing.
 */
export type InstanceState =
  | 'PortAllocation'
  | 'Creating'
  | 'Starting'
  | 'Scheduled'
  | 'RequestReady'
  | 'Ready'
  | 'Reserved'
  | 'Allocated'
  | 'Unhealthy'
  | 'Shutdown'
  | 'Error';

/** Since the last heartbeat; milliseconds. */
export interface TickTimes {
  ticks: number;
  late: number;
  dropped: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export interface Instance {
  name: string;
  uid: string;
  state: InstanceState;
  /** "127.0.0.1:7420" */
  address: string | null;
  world: { id: string; sha256: string; url: string } | null;
  players: number;
  capacity: number;
  draining: boolean;
  tickRateHz: number;
  tickTimes: TickTimes | null;
  /** Cores used, averaged between the last two heartbeats. */
  cpuCores: number | null;
  residentBytes: number | null;
  /** ISO 8601. */
  startedAt: string | null;
}

export interface Telemetry {
  instance: string;
  tick: number;
  players: {
    seat: string;
    name: string;
    x: number;
    y: number;
    z: number;
    yaw: number;
    grounded: boolean;
  }[];
  bodies: {
    entity: number;
    x: number;
    y: number;
    z: number;
    qx: number;
    qy: number;
    qz: number;
    qw: number;
  }[];
}

/** A row of the control plane's table of errors. */
export interface Problem {
  code: string;
  message: string;
  hint?: string;
  status?: number;
}
