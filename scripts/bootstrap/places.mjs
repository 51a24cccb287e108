// Where things lie. The cache is outside the checkout and shared by all checkouts of a user: what is in it is named by
// its content, so that copies of different ages live side by side.
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root folder. */
export const checkoutRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The cache folder: OTHERWORLD_CACHE, else below XDG_CACHE_HOME, else below ~/.cache. */
export const cacheRoot = path.resolve(
  process.env.OTHERWORLD_CACHE ||
    path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'otherworld'),
);
