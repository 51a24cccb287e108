// What a client gets by signing in, whichever way: who it is now, and the token that says so.
import type { Account } from '../../../prisma/gen/client.ts';
import type { Who } from './who.ts';

export interface Grant {
  readonly account: Who['account'];
  readonly token: string;
  readonly expiresAt: Date;
}

export const accountOf = ({ id, name, role, guest }: Account): Who['account'] => ({ id, name, role, guest });
