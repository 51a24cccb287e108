// What an admin does with accounts: look them up, give roles.
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import { type App, problems, SIGNED_IN } from '../../http/route.ts';
import { fromCursor, isoTime, next, paging, text, toCursor, uuid } from '../../http/schemas.ts';
import type { AccountsFeature } from '../feature.ts';
import { changeRole, type Listed, listAccounts } from '../roles.ts';
import { account, role } from '../views.ts';
import { whoAsks } from '../who.ts';

const listed = account.extend({ email: z.string().nullable(), createdAt: isoTime, lastSeenAt: isoTime });

const view = ({ id, name, role, guest, password, createdAt, lastSeenAt }: Listed) => ({
  id,
  name,
  role,
  guest,
  email: password?.email ?? null,
  createdAt: createdAt.toISOString(),
  lastSeenAt: lastSeenAt.toISOString(),
});

export function adminRoutes(app: App, { accounts, db }: AccountsFeature): void {
  const { atLeast } = whoAsks(accounts);
  const schema = { tags: ['accounts'], security: SIGNED_IN };

  app.get(
    '/api/v1/accounts',
    {
      schema: {
        ...schema,
        operationId: 'listAccounts',
        summary: 'Lists and searches accounts, for admins',
        querystring: z.strictObject({
          ...paging,
          search: text(1, 64).optional().describe('Part of a name or an e-mail, in any case.'),
          role: role.optional(),
          guests: z.enum(['true', 'false']).default('false').describe('Whether guests are listed too.'),
        }),
        response: {
          200: z.object({ accounts: z.array(listed), next }),
          ...problems('OW_ERR_SIGN_IN', 'OW_ERR_BANNED', 'OW_ERR_FORBIDDEN'),
        },
      },
    },
    async (request) => {
      await atLeast(request, 'admin');
      const { cursor, limit, guests, ...wanted } = request.query;
      const after = cursor === undefined ? undefined : fromCursor(cursor, uuid);
      if (cursor !== undefined && after === undefined) {
        throw new ApiError('OW_ERR_BAD_REQUEST', 'query.cursor: is not a cursor that this list gave');
      }
      const page = await listAccounts(db, { ...wanted, guests: guests === 'true', limit: limit + 1, after });
      const shown = page.slice(0, limit);
      const last = page.length > limit ? shown.at(-1) : undefined;
      return { accounts: shown.map(view), next: last === undefined ? null : toCursor(last.id) };
    },
  );

  app.patch(
    '/api/v1/accounts/:id',
    {
      schema: {
        ...schema,
        operationId: 'changeRole',
        summary: 'Gives an account another role, for admins',
        params: z.strictObject({ id: uuid }),
        body: z.strictObject({ role }),
        response: {
          200: listed,
          ...problems(
            'OW_ERR_SIGN_IN',
            'OW_ERR_BANNED',
            'OW_ERR_FORBIDDEN',
            'OW_ERR_UNKNOWN_ACCOUNT',
            'OW_ERR_GUEST',
            'OW_ERR_LAST_ADMIN',
            'OW_ERR_BUSY',
          ),
        },
      },
    },
    async (request) => {
      const who = await atLeast(request, 'admin');
      const changed = await changeRole(db, who.account.id, request.params.id, request.body.role);
      // Sockets of this account know the role that it had.
      await accounts.revoked({ account: changed.id });
      return view(changed);
    },
  );
}
