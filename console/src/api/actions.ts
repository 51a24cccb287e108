/** What an admin may do; each call is refused without an admin's token. */
import { type Api, answerOf, api, as } from './client.ts';
import type { Problem } from './types.ts';

export type Action =
  | { type: 'kick'; instance: string; seat: string; player: string; reason: string }
  | { type: 'drain'; instance: string; players: number }
  | { type: 'scale'; replicas: number };

/** Null when done, else why not. */
export async function perform(action: Action, token: string, to: Api = api): Promise<Problem | null> {
  const { problem } = await answerOf<unknown>(request(action, token, to));
  return problem;
}

function request(action: Action, token: string, to: Api) {
  switch (action.type) {
    case 'kick': {
      const { seat, reason } = action;
      const params = { path: { name: action.instance } };
      return to.POST('/api/v1/instances/{name}/kick', { params, body: { seat, reason }, ...as(token) });
    }
    case 'drain': {
      const params = { path: { name: action.instance } };
      return to.POST('/api/v1/instances/{name}/drain', { params, ...as(token) });
    }
    case 'scale':
      return to.POST('/api/v1/fleet/scale', { body: { replicas: action.replicas }, ...as(token) });
  }
}
