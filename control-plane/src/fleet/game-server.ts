// What a GameServer is to everybody but its own SDK: the words of Agones, whichever provider runs it.

export const STATE_NAMES = [
  'PortAllocation',
  'Creating',
  'Starting',
  'Scheduled',
  'RequestReady',
  'Ready',
  'Reserved',
  'Allocated',
  'Unhealthy',
  'Shutdown',
  'Error',
] as const;

export type StateName = (typeof STATE_NAMES)[number];

export interface Port {
  readonly name: string;
  readonly port: number;
}

export interface Counter {
  readonly count: number;
  readonly capacity: number;
}

export interface List {
  readonly capacity: number;
  readonly values: readonly string[];
}

export interface GameServerView {
  readonly name: string;
  /** One process, one uid. */
  readonly uid: string;
  readonly state: StateName;
  /** Why it is in this state; for people. */
  readonly reason: string | undefined;
  readonly address: string;
  readonly ports: readonly Port[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly counters: Readonly<Record<string, Counter>>;
  readonly lists: Readonly<Record<string, List>>;
  /** Unix time (unit: milliseconds). */
  readonly createdAt: number;
}
