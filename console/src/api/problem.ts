/** Makes one sentence with a cure of whatever went wrong between the page and the control plane. */
import type { Problem } from './types.ts';

/** The body of a refused request, or what can be said without one. */
export function problemOf(row: unknown, status: number): Problem {
  if (isRecord(row) && typeof row.code === 'string' && typeof row.message === 'string') {
    const hint = typeof row.hint === 'string' ? { hint: row.hint } : {};
    return { code: row.code, message: row.message, ...hint, status };
  }
  return {
    code: `HTTP_${status}`,
    message: `The control plane answered ${status}.`,
    hint: 'Look at its log.',
    status,
  };
}

export function unreachable(host: string): Problem {
  return {
    code: 'UNREACHABLE',
    message: `Nothing answers at ${host}.`,
    hint: 'The control plane is down or restarting; instances and players go on without it.',
  };
}

export const BROKEN_STREAM: Problem = {
  code: 'STREAM_BROKEN',
  message: 'The live stream broke off.',
  hint: 'The control plane answers; a proxy between may close long requests.',
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
