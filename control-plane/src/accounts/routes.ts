// The account of whoever asks; and all routes of this feature, in the order of the OpenAPI document.
import { z } from 'zod';
import { ApiError } from '../errors.ts';
import { type App, problems, SIGNED_IN } from '../http/route.ts';
import { isoTime, text } from '../http/schemas.ts';
import { transaction } from '../persistence/transaction.ts';
import { adminRoutes } from './admin/routes.ts';
import type { AccountsFeature } from './feature.ts';
import { cleanName } from './name.ts';
import { oidcRoutes } from './oidc/routes.ts';
import { passwordRoutes } from './password/routes.ts';
import { sessionRoutes } from './sessions/routes.ts';
import { account } from './views.ts';
import { whoAsks } from './who.ts';

const mine = account.extend({
  email: z.string().nullable().describe('With which one signs in; null without a password.'),
  providers: z.array(z.string()).describe('Issuers of the OpenID providers with which one signs in.'),
  createdAt: isoTime,
});

export function accountRoutes(app: App, feature: AccountsFeature): void {
  sessionRoutes(app, feature);
  passwordRoutes(app, feature);
  oidcRoutes(app, feature);
  mineRoutes(app, feature);
  adminRoutes(app, feature);
}

function mineRoutes(app: App, { accounts, db }: AccountsFeature): void {
  const { signedIn } = whoAsks(accounts);
  const schema = { tags: ['accounts'], security: SIGNED_IN };

  app.get(
    '/api/v1/account',
    {
      schema: {
        ...schema,
        operationId: 'getAccount',
        summary: 'Shows the account of whoever asks',
        response: { 200: mine, ...problems('OW_ERR_SIGN_IN', 'OW_ERR_BANNED') },
      },
    },
    async (request) => show((await signedIn(request)).account.id),
  );

  app.patch(
    '/api/v1/account',
    {
      schema: {
        ...schema,
        operationId: 'renameAccount',
        summary: 'Changes the name that others see',
        body: z.strictObject({ name: text(1, 256) }),
        response: { 200: mine, ...problems('OW_ERR_SIGN_IN', 'OW_ERR_BANNED', 'OW_ERR_BUSY') },
      },
    },
    async (request) => {
      const { id } = (await signedIn(request)).account;
      const name = cleanName(request.body.name);
      if (name === '') throw new ApiError('OW_ERR_BAD_REQUEST', 'body.name: has no character that shows');
      await transaction(db, (tx) => tx.account.updateMany({ where: { id }, data: { name } }));
      accounts.changed(id);
      return show(id);
    },
  );

  async function show(id: string) {
    const found = await db.account.findUnique({
      where: { id },
      include: { password: true, identities: true },
    });
    if (found === null) throw new ApiError('OW_ERR_SIGN_IN');
    const { name, role, guest, createdAt, password, identities } = found;
    const providers = identities.map(({ issuer }) => issuer);
    const email = password?.email ?? null;
    return { id, name, role, guest, email, providers, createdAt: createdAt.toISOString() };
  }
}
