// What matchmaking needs of its neighbours, and no more.

export interface World {
  readonly id: string;
  /** SHA-256 of the scene, in hex. */
  readonly scene: string;
  readonly kind: 'shared' | 'copies';
  readonly capacity: number;
  readonly tickRateHz: number;
}

export interface Worlds<Who> {
  byId(id: string): Promise<World | undefined>;
  /** The world at an id or slug, for somebody who wants in; refused with the error that says why not. */
  enter(address: string, who: Who): Promise<World>;
}
