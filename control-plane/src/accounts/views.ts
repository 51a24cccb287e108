// The shapes in which accounts and sessions go in and out of the public API.
import { z } from 'zod';
import { isoTime, uuid } from '../http/schemas.ts';
import type { Grant } from './grant.ts';
import { ROLES } from './who.ts';

export const role = z.enum(ROLES).describe('Each may do what those before it may.');

export const account = z
  .object({
    id: uuid,
    name: z.string(),
    role,
    guest: z.boolean().describe('Has no way to sign in again.'),
  })
  .meta({ id: 'Account' });

export const grant = z
  .object({
    account,
    token: z.string().describe('For `Authorization: Bearer …`. It is shown once.'),
    expiresAt: isoTime.describe('Unless it is rotated before.'),
  })
  .meta({ id: 'Grant' });

/** Of a token in a mailed link. Whether it is one is seen by looking it up. */
export const linkToken = z.string().min(1).max(128);

export const nothing = z.null();

/** What will be done needs no words. */
export const done = z.object({});

export const grantView = ({ expiresAt, ...rest }: Grant) => ({ ...rest, expiresAt: expiresAt.toISOString() });
