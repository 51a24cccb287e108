// The worlds that this control plane hands out: GLB files, named by the SHA-256 of their bytes. They are read once
// at the start, so that what is served is what was hashed.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface World {
  /** The file's name without its ending: "plaza". */
  readonly id: string;
  readonly sha256: string;
  readonly bytes: Buffer;
}

export class WorldCatalog {
  readonly #byId: ReadonlyMap<string, World>;

  constructor(worlds: readonly World[]) {
    this.#byId = new Map(worlds.map((world) => [world.id, world]));
  }

  static read(directory: string): WorldCatalog {
    const names = namesIn(directory).filter((name) => name.endsWith('.glb'));
    if (names.length === 0) {
      throw new Error(`There is no world (*.glb) in ${directory}; OTHERWORLD_WORLDS_DIR names the folder.`);
    }
    return new WorldCatalog(
      names.sort().map((name) => {
        const bytes = readFileSync(join(directory, name));
        return {
          id: name.slice(0, -'.glb'.length),
          sha256: createHash('sha256').update(bytes).digest('hex'),
          bytes,
        };
      }),
    );
  }

  all(): readonly World[] {
    return [...this.#byId.values()];
  }

  byId(id: string): World | undefined {
    return this.#byId.get(id);
  }

  bySha256(sha256: string): World | undefined {
    return this.all().find((world) => world.sha256 === sha256);
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
