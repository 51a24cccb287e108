// What an instance prints, bounded: one file and one before it, so that a chatty build cannot fill the disk.
import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const MAX_BYTES = 4 * 1024 * 1024;
/** Of instances that are gone. */
const KEPT_LOGS = 40;

export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #file: number | undefined;
  #bytes = 0;

  constructor(path: string, maxBytes = MAX_BYTES) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    mkdirSync(dirname(path), { recursive: true });
    this.#file = openSync(path, 'a');
  }

  /** A full disk costs lines of a log, never the supervisor. */
  write(chunk: Buffer): void {
    if (this.#file === undefined) return;
    try {
      const file = this.#bytes + chunk.length > this.#maxBytes ? this.#rotate() : this.#file;
      this.#bytes += writeSync(file, chunk);
    } catch {}
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #rotate(): number {
    renameSync(this.#path, `${this.#path}.1`);
    this.close();
    this.#bytes = 0;
    this.#file = openSync(this.#path, 'a');
    return this.#file;
  }
}

/** Removes the oldest logs in the folder. */
export async function pruneLogs(directory: string, keep = KEPT_LOGS): Promise<void> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.startsWith('instance-'));
  const aged = await Promise.all(
    names.map(async (name) => ({ name, age: (await stat(join(directory, name))).mtimeMs })),
  );
  const old = aged.sort((a, b) => b.age - a.age).slice(keep);
  await Promise.all(old.map(({ name }) => rm(join(directory, name), { force: true })));
}
