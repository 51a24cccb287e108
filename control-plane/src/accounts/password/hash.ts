// argon2id, with the parameters that OWASP's Password Storage Cheat Sheet names first for the least memory per guess
// that still hurts graphics cards: 19 MiB, two passes, one lane.
//
// A hash runs on a thread of libuv's pool, off the event loop. Two at once leave the pool's other two threads to files and
// name lookups and bound the memory to 38 MiB; those who wait do so in a line of bounded length, and a flood of
// sign-ins beyond it is told to come again rather than let everybody wait for seconds.
import { randomBytes } from 'node:crypto';
import { hash, type Options, parseOptions, verify } from '@node-rs/argon2';
import { ApiError } from '../../errors.ts';

/** `algorithm` 2 is argon2id; the package's enum is a `const enum`, which type stripping cannot read. */
const PARAMETERS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;
const AT_ONCE = 2;
const MOST_WAITING = 64;

export class PasswordHasher {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  /** The hash of a password that nobody knows; compared when there is no account, to take as long. */
  readonly #nobodys = hash(randomBytes(32), PARAMETERS);

  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(prepare(password), PARAMETERS));
  }

  /** False, after the same work, when there is no hash to compare with. */
  async verify(known: string | undefined, password: string): Promise<boolean> {
    const nobodys = await this.#nobodys;
    const matches = await this.#inTurn(() => verify(known ?? nobodys, prepare(password)));
    return known !== undefined && matches;
  }

  /** Whether a hash was made with other parameters than today's. */
  isOutdated(known: string): boolean {
    const made = parseOptions(known);
    return (
      made.algorithm !== PARAMETERS.algorithm ||
      made.memoryCost !== PARAMETERS.memoryCost ||
      made.timeCost !== PARAMETERS.timeCost ||
      made.parallelism !== PARAMETERS.parallelism
    );
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= MOST_WAITING) throw new ApiError('OW_ERR_BUSY');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      // Whoever is next takes over the place, so that nobody slips in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

/** The same password, however a keyboard composes its letters (NIST SP 800-63B-4, 3.1.1.2). */
const prepare = (password: string): string => password.normalize('NFKC');
