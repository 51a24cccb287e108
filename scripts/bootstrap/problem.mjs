// An error whose cause lies outside our code. It is shown as one sentence that ends with the cure, without a stack.
import { cacheRoot } from './places.mjs';
import { ToolError } from './tool.mjs';

/** How npm, cargo and pip say that there is no network. */
const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|Could not resolve host[^\n]*|NewConnectionError/;

export class Problem extends Error {
  /**
   * @param {string} cause what is wrong, without a full stop
   * @param {string} cure what to do about it, as an imperative
   */
  constructor(cause, cure) {
    super(`${cause}: ${cure}.`);
    this.name = 'Problem';
  }
}

/**
 * The text shown for any error: a sentence where the cause is known, the stack where it is our own mistake.
 * @param {unknown} error
 * @returns {string}
 */
export function explain(error) {
  const { code, path: file, stack, message } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code === 'ENOSPC' || /no space left on device|ENOSPC/i.test(message ?? '')) {
    return `The disk is full${file ? ` (writing ${file})` : ''}: free some space, or set OTHERWORLD_CACHE to a folder on another disk (now ${cacheRoot}).`;
  }
  if (error instanceof Problem) return message;
  if (error instanceof ToolError) {
    const unreachable = UNREACHABLE.exec(message)?.[0];
    if (!unreachable) return message;
    return `A package registry cannot be reached (${unreachable}): check the network and start again, what has come is kept.`;
  }
  if (code === 'EDQUOT')
    return `Your disk quota is used up: free some space, or set OTHERWORLD_CACHE to a folder on another disk (now ${cacheRoot}).`;
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return `${file ?? 'A file'} cannot be written (${code}): give yourself write access, or choose other folders by OTHERWORLD_CACHE and --data.`;
  }
  return stack ?? String(error);
}
