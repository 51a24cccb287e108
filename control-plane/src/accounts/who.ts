// Who asks. Every route that needs to know asks here; what they may do beyond their role is each feature's business.
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../errors.ts';
import { bearer } from './token.ts';

/** Each may do what those before it may. */
export const ROLES = ['player', 'creator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface Who {
  readonly account: {
    readonly id: string;
    readonly name: string;
    readonly role: Role;
    /** Has no way to sign in again. */
    readonly guest: boolean;
  };
  /** The session's id. */
  readonly session: string;
}

export interface Authenticator {
  /** Undefined: no such session. A banned account's token is refused with OW_ERR_BANNED. */
  authenticate(token: string): Promise<Who | undefined>;
}

export interface WhoAsks {
  /** OW_ERR_SIGN_IN without a session, OW_ERR_BANNED for somebody who is kept out. */
  signedIn(request: FastifyRequest): Promise<Who>;
  /** Besides, OW_ERR_FORBIDDEN below this role. */
  atLeast(request: FastifyRequest, role: Role): Promise<Who>;
}

export function whoAsks(accounts: Authenticator): WhoAsks {
  const signedIn = async (request: FastifyRequest): Promise<Who> => {
    const token = bearer(request.headers.authorization);
    const who = token === undefined ? undefined : await accounts.authenticate(token);
    if (who === undefined) throw new ApiError('OW_ERR_SIGN_IN');
    return who;
  };
  return {
    signedIn,
    async atLeast(request, role) {
      const who = await signedIn(request);
      if (ROLES.indexOf(who.account.role) < ROLES.indexOf(role)) throw new ApiError('OW_ERR_FORBIDDEN');
      return who;
    },
  };
}
