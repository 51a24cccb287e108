// The scenes that worlds are made of: GLB files, named by the SHA-256 of their bytes. They are read once at the
// start, so that what is served is what was hashed. A world keeps the hash, not the name: another file under the
// same name changes no world until its owner asks for it.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Scene {
  /** The file's name without its ending: "plaza". */
  readonly id: string;
  readonly sha256: string;
  readonly bytes: Buffer;
}

export class SceneCatalog {
  readonly #byId: ReadonlyMap<string, Scene>;
  readonly #bySha256: ReadonlyMap<string, Scene>;

  constructor(scenes: readonly Scene[]) {
    this.#byId = new Map(scenes.map((scene) => [scene.id, scene]));
    this.#bySha256 = new Map(scenes.map((scene) => [scene.sha256, scene]));
  }

  static read(directory: string): SceneCatalog {
    const names = namesIn(directory).filter((name) => name.endsWith('.glb'));
    if (names.length === 0) {
      throw new Error(`There is no scene (*.glb) in ${directory}; OTHERWORLD_WORLDS_DIR names the folder.`);
    }
    return new SceneCatalog(
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

  all(): readonly Scene[] {
    return [...this.#byId.values()];
  }

  byId(id: string): Scene | undefined {
    return this.#byId.get(id);
  }

  bySha256(sha256: string): Scene | undefined {
    return this.#bySha256.get(sha256);
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
