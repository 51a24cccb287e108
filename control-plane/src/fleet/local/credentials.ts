// The per-process secret that proves to the control plane which GameServer is speaking. The instance reads it from
// a file that only this user can read; here only its hash is kept. On Kubernetes a projected ServiceAccount token
// takes its place.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '../provider.ts';

const digest = (credential: string) => createHash('sha256').update(credential).digest();

export class Credentials {
  readonly #directory: string;
  readonly #holders = new Map<string, { readonly hash: Buffer; readonly identity: Identity }>();

  constructor(directory: string) {
    this.#directory = directory;
    rmSync(directory, { recursive: true, force: true }); // of a supervisor that was killed
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** Makes a secret for this GameServer and returns the path of its file. */
  issue(identity: Identity): string {
    const credential = randomBytes(32).toString('base64url');
    const path = join(this.#directory, identity.name);
    writeFileSync(path, credential, { mode: 0o600 });
    this.#holders.set(identity.name, { hash: digest(credential), identity });
    return path;
  }

  identify(credential: string): Identity | undefined {
    const hash = digest(credential);
    return [...this.#holders.values()].find((holder) => timingSafeEqual(holder.hash, hash))?.identity;
  }

  revoke(name: string): void {
    this.#holders.delete(name);
    rmSync(join(this.#directory, name), { force: true });
  }
}
