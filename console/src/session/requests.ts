/** What the sign-in asks of the control plane. */
import { type Answer, answerOf, api, as } from '../api/client.ts';
import type { Grant, Session } from './session.ts';

export interface Credentials {
  readonly email: string;
  readonly password: string;
  readonly newPassword?: string;
}

export interface Provider {
  readonly name: string;
  readonly label: string;
}

export const signIn = (body: Credentials): Promise<Answer<Grant>> =>
  answerOf(api.POST('/api/v1/sessions', { body }));

export const signOut = ({ token }: Session): Promise<Answer<unknown>> =>
  answerOf<unknown>(api.DELETE('/api/v1/sessions/current', as(token)));

export const rotate = ({ token }: Session): Promise<Answer<Grant>> =>
  answerOf(api.POST('/api/v1/sessions/rotate', as(token)));

export const askForReset = (email: string): Promise<Answer<unknown>> =>
  answerOf<unknown>(api.POST('/api/v1/accounts/reset', { body: { email } }));

export const resetPassword = (token: string, password: string): Promise<Answer<unknown>> =>
  answerOf<unknown>(api.POST('/api/v1/accounts/reset/confirm', { body: { token, password } }));

export const verifyEmail = (token: string): Promise<Answer<unknown>> =>
  answerOf<unknown>(api.POST('/api/v1/accounts/verify', { body: { token } }));

export async function providers(): Promise<readonly Provider[]> {
  const { data } = await answerOf<unknown>(api.GET('/api/v1/oidc'));
  return (data as { readonly providers: readonly Provider[] } | null)?.providers ?? [];
}

/** Where the browser goes now. */
export const startProvider = (name: string): Promise<Answer<{ readonly url: string }>> =>
  answerOf(api.POST('/api/v1/oidc/{provider}/start', { params: { path: { provider: name } } }));

export const exchange = (code: string): Promise<Answer<Grant>> =>
  answerOf(api.POST('/api/v1/oidc/sessions', { body: { code } }));
