// E-mail and password. Answers that might tell a stranger whether an e-mail is known are the same for both.
import { z } from 'zod';
import { type App, problems, SIGNED_IN } from '../../http/route.ts';
import { text } from '../../http/schemas.ts';
import type { AccountsFeature } from '../feature.ts';
import { unstored } from '../sessions/routes.ts';
import { done, grant, grantView, linkToken, nothing } from '../views.ts';
import { whoAsks } from '../who.ts';
import { changePassword } from './change.ts';
import { askForReset, reset } from './reset.ts';
import { email, newPassword, password } from './rules.ts';
import { signIn } from './sign-in.ts';
import { signUp, verify } from './sign-up.ts';

export function passwordRoutes(app: App, feature: AccountsFeature): void {
  const { accounts, db } = feature;
  const { signedIn } = whoAsks(accounts);

  app.post(
    '/api/v1/accounts',
    {
      schema: {
        tags: ['accounts'],
        operationId: 'signUp',
        summary: 'Asks for an account with e-mail and password; a link sent there makes it',
        description:
          'The answer does not tell whether the e-mail has an account. Sent with a token, it adds e-mail and password to that account, which is how a guest stays who they are.',
        security: [{ bearer: [] }, {}],
        body: z.strictObject({ email, password: newPassword, name: text(0, 256).default('') }),
        response: {
          202: done,
          ...problems('OW_ERR_SIGN_IN', 'OW_ERR_BANNED', 'OW_ERR_HAS_PASSWORD', 'OW_ERR_BUSY'),
        },
      },
    },
    async (request, reply) => {
      const isSigned = request.headers.authorization !== undefined;
      const guest = isSigned ? (await signedIn(request)).account.id : undefined;
      await signUp(feature, { ...request.body, guest });
      return reply.code(202).send({});
    },
  );

  app.post(
    '/api/v1/accounts/verify',
    {
      schema: {
        tags: ['accounts'],
        operationId: 'verifyEmail',
        summary: 'Follows the link of a sign-up; then the password signs in',
        body: z.strictObject({ token: linkToken }),
        response: { 204: nothing, ...problems('OW_ERR_LINK', 'OW_ERR_BUSY') },
      },
    },
    async ({ body }, reply) => {
      await verify(db, body.token);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/v1/accounts/reset',
    {
      schema: {
        tags: ['accounts'],
        operationId: 'askForReset',
        summary: 'Asks for a link to another password',
        description: 'The answer does not tell whether the e-mail has an account.',
        body: z.strictObject({ email }),
        response: { 202: done, ...problems('OW_ERR_BUSY') },
      },
    },
    async ({ body }, reply) => {
      await askForReset(feature, body.email);
      return reply.code(202).send({});
    },
  );

  app.post(
    '/api/v1/accounts/reset/confirm',
    {
      schema: {
        tags: ['accounts'],
        operationId: 'resetPassword',
        summary: 'Sets another password by the link; every session ends',
        body: z.strictObject({ token: linkToken, password: newPassword }),
        response: { 204: nothing, ...problems('OW_ERR_LINK', 'OW_ERR_BUSY') },
      },
    },
    async ({ body }, reply) => {
      await accounts.revoked({ account: await reset(feature, body.token, body.password) });
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/v1/sessions',
    {
      schema: {
        tags: ['sessions'],
        operationId: 'signIn',
        summary: 'Signs in with e-mail and password',
        body: z.strictObject({
          email,
          password,
          newPassword: newPassword
            .optional()
            .describe('Takes the place of the password; a password that is good once must bring one.'),
        }),
        response: {
          201: grant,
          ...problems(
            'OW_ERR_CREDENTIALS',
            'OW_ERR_PASSWORD_ONE_TIME',
            'OW_ERR_PASSWORD_SAME',
            'OW_ERR_BANNED',
            'OW_ERR_TOO_MANY_TRIES',
            'OW_ERR_BUSY',
          ),
        },
      },
    },
    async ({ body }, reply) => {
      const opened = await signIn(feature, body);
      return unstored(reply).code(201).send(grantView(opened));
    },
  );

  app.post(
    '/api/v1/account/password',
    {
      schema: {
        tags: ['accounts'],
        operationId: 'changePassword',
        summary: 'Changes the password; all other sessions end',
        security: SIGNED_IN,
        body: z.strictObject({ password, newPassword }),
        response: {
          204: nothing,
          ...problems(
            'OW_ERR_SIGN_IN',
            'OW_ERR_BANNED',
            'OW_ERR_CREDENTIALS',
            'OW_ERR_PASSWORD_SAME',
            'OW_ERR_NO_PASSWORD',
            'OW_ERR_TOO_MANY_TRIES',
            'OW_ERR_BUSY',
          ),
        },
      },
    },
    async (request, reply) => {
      const ended = await changePassword(feature, await signedIn(request), request.body);
      for (const session of ended) await accounts.revoked({ session });
      return reply.code(204).send(null);
    },
  );
}
