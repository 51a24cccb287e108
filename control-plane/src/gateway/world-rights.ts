// Who may know of a world and who looks after it, asked of `worlds/`. One person's move is told to all who watch them,
// so answers are kept for a moment.
import type { Who } from '../accounts/who.ts';
import { ApiError } from '../errors.ts';
import { mayManage } from '../worlds/enter.ts';
import type { Worlds } from '../worlds/worlds.ts';

export interface WorldRights {
  maySee(world: string, who: Who): Promise<boolean>;
  mayManage(world: string, who: Who): Promise<boolean>;
}

const KEPT_MS = 5_000;
const MOST = 10_000;

export function worldRights(worlds: Worlds): WorldRights {
  const kept = new Map<string, { readonly answer: Promise<boolean>; readonly untilMs: number }>();
  return {
    maySee(world, who) {
      const key = `${world} ${who.account.id}`;
      const known = kept.get(key);
      if (known !== undefined && known.untilMs > performance.now()) return known.answer;
      const answer = isSeen(worlds, world, who);
      answer.catch(() => kept.delete(key));
      if (kept.size >= MOST) kept.clear();
      kept.set(key, { answer, untilMs: performance.now() + KEPT_MS });
      return answer;
    },
    async mayManage(world, who) {
      const found = await worlds.byId(world);
      return found !== undefined && mayManage(found, who);
    },
  };
}

async function isSeen(worlds: Worlds, world: string, who: Who): Promise<boolean> {
  try {
    await worlds.visit(world, who);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'OW_ERR_UNKNOWN_WORLD') return false;
    throw error;
  }
}
