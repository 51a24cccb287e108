// The live map's data on its way from instances to viewers. An instance tells only the bodies that moved, so the
// hub keeps each one's last pose: a viewer who comes late or reads slowly is given one merged picture, the newest,
// and never a backlog.
import type { BodyPose, PlayerPose } from '../../../proto/gen/otherworld/instance/v1/instance_pb.js';

export interface Telemetry {
  readonly tick: number;
  readonly players: readonly PlayerPose[];
  readonly bodies: ReadonlyMap<number, BodyPose>;
}

type Published = (instance: string, telemetry: Telemetry | undefined) => void;

export class TelemetryHub {
  readonly #latest = new Map<
    string,
    { tick: number; players: readonly PlayerPose[]; bodies: Map<number, BodyPose> }
  >();
  readonly #viewers = new Set<Viewer>();
  readonly #onPublished = new Set<Published>();
  readonly #onViewers = new Set<() => void>();

  get viewers(): number {
    return this.#viewers.size;
  }

  publish(instance: string, tick: number, players: readonly PlayerPose[], bodies: readonly BodyPose[]): void {
    const picture = this.#latest.get(instance) ?? { tick, players, bodies: new Map<number, BodyPose>() };
    picture.tick = tick;
    picture.players = players;
    for (const body of bodies) picture.bodies.set(body.entity, body);
    this.#latest.set(instance, picture);
    const news = { tick, players, bodies: byEntity(bodies) };
    for (const viewer of this.#viewers) viewer.offer(instance, news);
    for (const listener of this.#onPublished) listener(instance, news);
  }

  forget(instance: string): void {
    this.#latest.delete(instance);
    for (const viewer of this.#viewers) viewer.forget(instance);
    for (const listener of this.#onPublished) listener(instance, undefined);
  }

  /** The whole picture of every instance. */
  pictures(): IterableIterator<[instance: string, telemetry: Telemetry]> {
    return this.#latest.entries();
  }

  /** A viewer starts with the whole picture of every instance. */
  open(onNews: () => void): Viewer {
    const viewer = new Viewer(onNews, (closed) => {
      this.#viewers.delete(closed);
      this.#tellViewers();
    });
    for (const [instance, picture] of this.#latest) viewer.offer(instance, picture);
    this.#viewers.add(viewer);
    this.#tellViewers();
    return viewer;
  }

  /** Called with all that is published, and with undefined when an instance is gone. */
  onPublished(listener: Published): () => void {
    this.#onPublished.add(listener);
    return () => this.#onPublished.delete(listener);
  }

  /** Called when a viewer has come or gone. */
  onViewers(listener: () => void): () => void {
    this.#onViewers.add(listener);
    return () => this.#onViewers.delete(listener);
  }

  #tellViewers(): void {
    for (const listener of this.#onViewers) listener();
  }
}

export class Viewer {
  readonly #onNews: () => void;
  readonly #onClose: (viewer: Viewer) => void;
  readonly #waiting = new Map<string, Telemetry>();

  constructor(onNews: () => void, onClose: (viewer: Viewer) => void) {
    this.#onNews = onNews;
    this.#onClose = onClose;
  }

  offer(instance: string, news: Telemetry): void {
    const old = this.#waiting.get(instance);
    const bodies = old === undefined ? new Map(news.bodies) : new Map([...old.bodies, ...news.bodies]);
    this.#waiting.set(instance, { ...news, bodies });
    this.#onNews();
  }

  forget(instance: string): void {
    this.#waiting.delete(instance);
  }

  /** All that is new since the last call, one picture an instance. */
  take(): [instance: string, telemetry: Telemetry][] {
    const news = [...this.#waiting];
    this.#waiting.clear();
    return news;
  }

  close(): void {
    this.#onClose(this);
  }
}

function byEntity(bodies: readonly BodyPose[]): Map<number, BodyPose> {
  return new Map(bodies.map((body) => [body.entity, body]));
}
