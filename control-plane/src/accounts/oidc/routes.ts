// Signing in at a provider, as the browser sees it: ask where to go, go, come back, change the code for a session.
import { z } from 'zod';
import { ApiError, type ErrorCode } from '../../errors.ts';
import { type App, problems } from '../../http/route.ts';
import type { AccountsFeature } from '../feature.ts';
import { unstored } from '../sessions/routes.ts';
import { grant, grantView } from '../views.ts';
import { whoAsks } from '../who.ts';
import { browserOf, nameBrowser } from './browser.ts';

const provider = z.strictObject({ provider: z.string().regex(/^[a-z0-9-]{1,32}$/) });

export function oidcRoutes(app: App, { accounts, oidc, publicUrl }: AccountsFeature): void {
  const { signedIn } = whoAsks(accounts);
  const tags = ['sessions'];

  app.get(
    '/api/v1/oidc',
    {
      schema: {
        tags,
        operationId: 'listProviders',
        summary: 'Lists the OpenID providers that one can sign in with',
        response: {
          200: z.object({ providers: z.array(z.object({ name: z.string(), label: z.string() })) }),
        },
      },
    },
    async () => ({ providers: oidc.list() }),
  );

  app.post(
    '/api/v1/oidc/:provider/start',
    {
      schema: {
        tags,
        operationId: 'startProvider',
        summary: 'Begins to sign in at a provider, in this browser',
        description:
          'The browser then goes to `url` and comes back to the console with `#oidc=CODE`, or `#oidc-error=OW_ERR_…`. Sent with a token, the provider becomes another way to sign in to that account.',
        security: [{ bearer: [] }, {}],
        params: provider,
        response: {
          200: z.object({ url: z.url() }),
          ...problems(
            'OW_ERR_SIGN_IN',
            'OW_ERR_BANNED',
            'OW_ERR_UNKNOWN_PROVIDER',
            'OW_ERR_OIDC_UNAVAILABLE',
            'OW_ERR_BUSY',
          ),
        },
      },
    },
    async (request, reply) => {
      const isSigned = request.headers.authorization !== undefined;
      const mine = isSigned ? (await signedIn(request)).account.id : undefined;
      const browser = nameBrowser(request, reply, publicUrl);
      return { url: await oidc.goThere(request.params.provider, browser, mine) };
    },
  );

  app.get(
    '/api/v1/oidc/:provider/callback',
    {
      schema: {
        tags,
        operationId: 'comeBackFromProvider',
        summary: 'Where a provider sends the browser back to; it goes on to the console',
        params: provider,
        querystring: z.looseObject({ state: z.string().max(512).optional() }),
        response: { 302: z.null() },
      },
    },
    async (request, reply) => {
      const { searchParams } = new URL(request.url, publicUrl);
      const { provider: name } = request.params;
      const fragment = await oidc.comeBack(name, browserOf(request), searchParams).then(
        (code) => `oidc=${code}`,
        (error: unknown) => {
          // A person looks at this, not a program: the console says it in words.
          if (!(error instanceof ApiError)) throw error;
          request.log.info({ code: error.code, detail: error.message }, 'a sign-in at a provider failed');
          return `oidc-error=${error.code satisfies ErrorCode}`;
        },
      );
      return unstored(reply).header('referrer-policy', 'no-referrer').redirect(`${publicUrl}/#${fragment}`);
    },
  );

  app.post(
    '/api/v1/oidc/sessions',
    {
      schema: {
        tags,
        operationId: 'signInByProvider',
        summary: 'Changes the code that came back from a provider for a session',
        description: 'Once, within a minute, by the browser that began: its cookie is asked for.',
        body: z.strictObject({ code: z.string().min(1).max(128) }),
        response: { 201: grant, ...problems('OW_ERR_OIDC_STATE', 'OW_ERR_BANNED', 'OW_ERR_BUSY') },
      },
    },
    async (request, reply) => {
      const opened = await oidc.exchange(request.body.code, browserOf(request));
      return unstored(reply).code(201).send(grantView(opened));
    },
  );
}
