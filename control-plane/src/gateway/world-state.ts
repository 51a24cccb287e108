// Once a second where everybody is, for those who may look after a world. Opening a viewer makes the telemetry of
// all instances come to this process (`instances/watching.ts`), so there is one while somebody asks, and none else.
import type { TelemetryHub, Viewer } from '../instances/telemetry.ts';
import type { Connection } from './connection.ts';
import { frame } from './envelope.ts';

type Telemetry = ReturnType<Viewer['take']>[number][1];

interface Watched {
  readonly world: string | undefined;
  readonly watchers: Set<Connection>;
  /** Telemetry tells the bodies that moved. */
  readonly bodies: Set<number>;
}

export class WorldStates {
  readonly #hub: TelemetryHub;
  readonly #everyMs: number;
  readonly #watched = new Map<string, Watched>();
  #running: { readonly viewer: Viewer; readonly timer: NodeJS.Timeout } | undefined;

  constructor(hub: TelemetryHub, everyMs: number) {
    this.#hub = hub;
    this.#everyMs = everyMs;
  }

  /** From now on these instances and no others; each with its world. */
  watch(connection: Connection, instances: ReadonlyMap<string, string | undefined>): void {
    this.unwatch(connection);
    for (const [instance, world] of instances) {
      const known = this.#watched.get(instance) ?? { world, watchers: new Set(), bodies: new Set() };
      known.watchers.add(connection);
      this.#watched.set(instance, known);
    }
    this.#runIfWatched();
  }

  unwatch(connection: Connection): void {
    for (const [instance, { watchers }] of this.#watched) {
      watchers.delete(connection);
      if (watchers.size === 0) this.#watched.delete(instance);
    }
    this.#runIfWatched();
  }

  close(): void {
    this.#watched.clear();
    this.#runIfWatched();
  }

  #runIfWatched(): void {
    if (this.#watched.size > 0) {
      this.#running ??= {
        viewer: this.#hub.open(() => {}),
        timer: setInterval(() => this.#tell(), this.#everyMs),
      };
    } else if (this.#running !== undefined) {
      clearInterval(this.#running.timer);
      this.#running.viewer.close();
      this.#running = undefined;
    }
  }

  #tell(): void {
    for (const [instance, telemetry] of this.#running?.viewer.take() ?? []) {
      const watched = this.#watched.get(instance);
      if (watched === undefined) continue;
      for (const entity of telemetry.bodies.keys()) watched.bodies.add(entity);
      const made = frame('physics:world_state:v1:stream', summary(telemetry, watched.bodies.size), {
        instance,
        world: watched.world,
      });
      for (const connection of watched.watchers) connection.send(made);
    }
  }
}

function summary({ tick, players }: Telemetry, bodies: number) {
  return {
    tick,
    bodies,
    avatars: players.map(({ seat, name, x, y, z, yaw, grounded }) => ({
      object: `avatar:${seat}`,
      name,
      position: [x, y, z].map(round),
      yaw: round(yaw),
      grounded,
    })),
  };
}

/** To the centimetre. */
const round = (value: number) => Math.round(value * 100) / 100;
