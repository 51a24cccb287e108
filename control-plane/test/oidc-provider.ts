// A real OpenID provider, with people who say of themselves what they like.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import type { Browser } from './browser.ts';
import { freePort } from './free-port.ts';

export interface Claims {
  readonly name?: string;
  readonly email?: string;
  readonly email_verified?: boolean;
}

export async function openIdProvider(redirectUris: string[]) {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const people = new Map<string, Claims>();
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'otherworld', client_secret: 's3cret', redirect_uris: redirectUris }],
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, ...people.get(sub) }) }),
    claims: { profile: ['name'], email: ['email', 'email_verified'] },
    pkce: { required: () => true },
    cookies: { keys: ['only a test'] },
  });
  const server = createServer(provider.callback());
  const listen = () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const shut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen();
  return {
    issuer,
    people,
    /** Signs somebody in there, as a person does; returns where the browser is sent back to. */
    async signIn(browser: Browser, url: string, sub: string): Promise<string> {
      let reached = await browser.follow(url, issuer);
      for (const form of [{ prompt: 'login', login: sub, password: 'any' }, { prompt: 'consent' }]) {
        if ('left' in reached) break;
        const action = /action="([^"]+)"/.exec(await reached.page.text())?.[1];
        if (action === undefined) throw new Error(`the provider shows no form: ${reached.page.status}`);
        reached = await browser.follow(action, issuer, { method: 'POST', body: new URLSearchParams(form) });
      }
      if ('left' in reached) return reached.left;
      throw new Error('the provider keeps its visitor');
    },
    listen,
    shut,
  };
}
