// Telemetry between processes: who has viewers says so on the bus each second, and only while somebody says so do the
// holders of lines pass on what their instances tell. One who begins to watch is sent each whole picture first.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type Telemetry as TelemetryMessage,
  TelemetrySchema,
} from '../../../proto/gen/otherworld/instance/v1/instance_pb.js';
import type { Bus } from '../bus.ts';
import type { InstanceRegistry } from './registry.ts';
import type { Telemetry, TelemetryHub } from './telemetry.ts';

const WATCHING = 'ow:watching';
const TELEMETRY = 'ow:telemetry';
const ASK_MS = 1_000;
/** A watcher that says nothing any more is gone. */
const WATCHED_MS = 3_000;

interface Asked {
  readonly process: string;
  /** It has just begun, and has seen nothing yet. */
  readonly begins: boolean;
}

interface Told {
  readonly process: string;
  readonly instance: string;
  /** The contract's Telemetry in base64; none: the instance is gone. */
  readonly telemetry?: string;
}

export interface WatchingOptions {
  readonly bus: Bus;
  readonly hub: TelemetryHub;
  readonly registry: InstanceRegistry;
  /** Of this process. */
  readonly process: string;
}

export class Watching {
  readonly #options: WatchingOptions;
  readonly #stops: (() => void)[];
  readonly #timer: NodeJS.Timeout;
  #watchedUntilMs = 0;
  #stopHearing: (() => void) | undefined;

  constructor(options: WatchingOptions) {
    const { bus, hub } = options;
    this.#options = options;
    this.#stops = [
      bus.subscribe(WATCHING, (asked: Asked) => this.#answer(asked)),
      hub.onPublished((instance, telemetry) => this.#tell(instance, telemetry)),
      hub.onViewers(() => this.#ask()),
    ];
    this.#timer = setInterval(() => this.#ask(), ASK_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const stop of this.#stops) stop();
    this.#stopHearing?.();
  }

  #ask(): void {
    const { bus, hub, process } = this.#options;
    const watches = hub.viewers > 0;
    const begins = watches && this.#stopHearing === undefined;
    if (begins) this.#stopHearing = bus.subscribe(TELEMETRY, (told: Told) => this.#hear(told));
    if (watches) this.#say(WATCHING, { process, begins } satisfies Asked);
    else this.#endHearing();
  }

  /** What others tell is not kept: it would be old for the next viewer. */
  #endHearing(): void {
    if (this.#stopHearing === undefined) return;
    this.#stopHearing();
    this.#stopHearing = undefined;
    for (const [instance] of [...this.#options.hub.pictures()])
      if (!this.#holds(instance)) this.#options.hub.forget(instance);
  }

  #answer({ process, begins }: Asked): void {
    if (process === this.#options.process) return;
    this.#watchedUntilMs = performance.now() + WATCHED_MS;
    if (!begins) return;
    for (const [instance, picture] of this.#options.hub.pictures()) this.#tell(instance, picture);
  }

  #tell(instance: string, telemetry: Telemetry | undefined): void {
    if (performance.now() > this.#watchedUntilMs || !this.#holds(instance)) return;
    const told = telemetry && { telemetry: encode(telemetry) };
    this.#say(TELEMETRY, { process: this.#options.process, instance, ...told } satisfies Told);
  }

  #hear({ process, instance, telemetry }: Told): void {
    if (process === this.#options.process || this.#holds(instance)) return;
    if (telemetry === undefined) this.#options.hub.forget(instance);
    else this.#show(instance, fromBinary(TelemetrySchema, Buffer.from(telemetry, 'base64')));
  }

  #show(instance: string, { tick, players, bodies }: TelemetryMessage): void {
    this.#options.hub.publish(instance, tick, players, bodies);
  }

  /** Only what comes over a line of our own is passed on. */
  #holds(instance: string): boolean {
    const link = this.#options.registry.get(instance)?.link;
    return link !== undefined && 'line' in link;
  }

  #say(channel: string, message: object): void {
    void this.#options.bus.publish(channel, message).catch(() => {}); // a picture that is missed is followed by another
  }
}

function encode({ tick, players, bodies }: Telemetry): string {
  const message = create(TelemetrySchema, { tick, players: [...players], bodies: [...bodies.values()] });
  return Buffer.from(toBinary(TelemetrySchema, message)).toString('base64');
}
