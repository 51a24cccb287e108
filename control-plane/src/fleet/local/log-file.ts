// What an instance prints, bounded: one file and one before it, so that a chatty build cannot fill the disk.
import { createWriteStream, mkdirSync, renameSync, type WriteStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const MAX_BYTES = 4 * 1024 * 1024;
/** Of instances that are gone. */
const KEPT_LOGS = 40;

export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #stream: WriteStream;
  #bytes = 0;

  constructor(path: string, maxBytes = MAX_BYTES) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    mkdirSync(dirname(path), { recursive: true });
    this.#stream = this.#open();
  }

  write(chunk: Buffer): void {
    if (this.#bytes + chunk.length > this.#maxBytes) this.#rotate();
    this.#bytes += chunk.length;
    this.#stream.write(chunk);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(() => resolve()));
  }

  #rotate(): void {
    this.#stream.end();
    renameSync(this.#path, `${this.#path}.1`);
    this.#stream = this.#open();
    this.#bytes = 0;
  }

  #open(): WriteStream {
    // A full disk costs lines of a log, never the supervisor.
    return createWriteStream(this.#path, { flags: 'a' }).on('error', () => {});
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
