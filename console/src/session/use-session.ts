/** The session of this browser, kept young: rotated once a day, by one tab at a time, and at once when a tab comes back. */
import { useEffect, useSyncExternalStore } from 'react';
import { rotate } from './requests.ts';
import { isDue, type Session, SessionStore } from './session.ts';

const LOOK_MS = 10 * 60_000;

export const store = new SessionStore(localStorage);
addEventListener('storage', store.changed);

export function useSession(): Session | null {
  const session = useSyncExternalStore(store.subscribe, store.get);
  useEffect(() => {
    const look = () => void keepYoung();
    look();
    const timer = setInterval(look, LOOK_MS);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, []);
  return session;
}

/** Two tabs at once would be told the same token; the lock only saves a request. Browsers have locks where it is secure. */
function keepYoung(): Promise<void> {
  return navigator.locks ? navigator.locks.request('otherworld.rotate', rotateIfDue) : rotateIfDue();
}

async function rotateIfDue(): Promise<void> {
  const session = store.get();
  if (session === null || !isDue(session)) return;
  const { data, problem } = await rotate(session);
  if (data !== null) store.set(data);
  // Ended elsewhere. Anything else, such as a plane that restarts, passes.
  else if (problem.status === 401) store.forget(session.token);
}
