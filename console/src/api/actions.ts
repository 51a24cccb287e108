/** What an operator may do; each call is refused without the operator's token. */
import { problemOf, unreachable } from './problem.ts';
import type { Problem } from './types.ts';

export type Action =
  | { type: 'kick'; instance: string; seat: string; player: string; reason: string }
  | { type: 'drain'; instance: string; players: number }
  | { type: 'scale'; replicas: number };

/** Null when done, else why not. */
export async function perform(action: Action, token: string): Promise<Problem | null> {
  const { path, body } = requestOf(action);
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    return response.ok ? null : await problemOf(response);
  } catch {
    return unreachable(location.host);
  }
}

export function requestOf(action: Action): { path: string; body: object } {
  switch (action.type) {
    case 'kick':
      return {
        path: `/api/v1/instances/${encodeURIComponent(action.instance)}/kick`,
        body: { seat: action.seat, reason: action.reason },
      };
    case 'drain':
      return { path: `/api/v1/instances/${encodeURIComponent(action.instance)}/drain`, body: {} };
    case 'scale':
      return { path: '/api/v1/fleet/scale', body: { replicas: action.replicas } };
  }
}
