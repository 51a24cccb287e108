/**
 * The control plane's HTTP API, typed by its OpenAPI document: paths, bodies, answers and refusals are the ones that the
 * routes declare. `gen/` is made by the set-up (scripts/setup/api-types.ts).
 */
import createClient, { type Client } from 'openapi-fetch';
import type { paths } from './gen/openapi.d.ts';
import { problemOf, unreachable } from './problem.ts';
import type { Problem } from './types.ts';

export type Api = Client<paths>;

const TIMEOUT_MS = 10_000;

export const createApi = (options: { baseUrl?: string; fetch?: typeof fetch } = {}): Api =>
  createClient<paths>({ baseUrl: globalThis.location?.origin ?? '', ...options });

export const api: Api = createApi();

/** Sends to `api` what needs a token and an end. */
export const as = (token: string) => ({
  headers: { authorization: `Bearer ${token}` },
  signal: AbortSignal.timeout(TIMEOUT_MS),
});

type Outcome<T> = { data?: T; error?: unknown; response: Response };

export type Answer<T> = { data: T; problem: null } | { data: null; problem: Problem };

/** Whatever became of a request: its answer, or one sentence with a cure. */
export async function answerOf<T>(request: Promise<Outcome<T>>): Promise<Answer<T>> {
  try {
    const { data, error, response } = await request;
    if (response.ok) return { data: data as T, problem: null };
    return { data: null, problem: problemOf(error, response.status) };
  } catch {
    return { data: null, problem: unreachable(location.host) };
  }
}
