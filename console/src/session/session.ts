/**
 * Who is signed in, in every tab of this browser: the token lies in localStorage and goes out in a header of each request.
 *
 * A cookie that no script can read would have to be guarded against other pages that make the browser send it, on every
 * route and on the WebSocket; and a script that got into this page could use it all the same, for as long as the page
 * is open. What keeps scripts out is the page's Content-Security-Policy. What a stolen token is worth is bounded by rotation:
 * the next one is asked for each day, and whoever then shows the old one ends the session for both.
 */
import type { components } from '../api/gen/openapi.d.ts';

export type Grant = components['schemas']['Grant'];

export interface Session extends Grant {
  /** When the token was given (unit: milliseconds since 1970). */
  readonly givenAt: number;
}

const KEY = 'otherworld.session';
const ROTATE_AFTER_MS = 24 * 3600 * 1000;

export class SessionStore {
  readonly #storage: Storage;
  readonly #listeners = new Set<() => void>();
  #text: string | null;
  #session: Session | null;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#text = storage.getItem(KEY);
    this.#session = parse(this.#text);
  }

  /** The same object until something changes. */
  get = (): Session | null => {
    const text = this.#storage.getItem(KEY);
    if (text !== this.#text) {
      this.#text = text;
      this.#session = parse(text);
    }
    return this.#session;
  };

  set(grant: Grant, now = Date.now()): void {
    const session: Session = { ...grant, givenAt: now };
    this.#storage.setItem(KEY, JSON.stringify(session));
    this.changed();
  }

  /** Forgets it; `only` while that token is still the one. */
  forget(only?: string): void {
    if (only !== undefined && this.get()?.token !== only) return;
    this.#storage.removeItem(KEY);
    this.changed();
  }

  /** Something was written, here or by another tab. */
  changed = (): void => {
    for (const listener of this.#listeners) listener();
  };

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

export const isDue = ({ givenAt }: Session, now = Date.now()): boolean => now - givenAt > ROTATE_AFTER_MS;

function parse(text: string | null): Session | null {
  if (text === null) return null;
  try {
    const session = JSON.parse(text) as Session;
    const isWhole = typeof session.token === 'string' && typeof session.account?.role === 'string';
    return isWhole && Date.parse(session.expiresAt) > Date.now() ? session : null;
  } catch {
    return null;
  }
}
