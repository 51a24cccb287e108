// What the public API shows to admins.
import { z } from 'zod';
import { isoTime, uuid } from '../http/schemas.ts';
import { ACTIONS } from './audit.ts';
import { type Ban, isInForce } from './bans.ts';
import type { Entry } from './read-audit.ts';

export const ban = z
  .object({
    id: uuid,
    account: z.object({ id: uuid, name: z.string() }),
    by: uuid.describe('Account of the admin.'),
    reason: z.string(),
    createdAt: isoTime,
    until: isoTime.nullable().describe('Null: for good.'),
    liftedAt: isoTime.nullable(),
    inForce: z.boolean(),
  })
  .meta({ id: 'Ban' });

export const entry = z
  .object({
    id: uuid,
    at: isoTime,
    actor: uuid.nullable().describe('Account; null: the system itself.'),
    action: z.string().describe(ACTIONS.join(', ')),
    target: z.string().describe("What it was done to: an account's or a world's id, an instance's name."),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEntry' });

export function banView(made: Ban): z.output<typeof ban> {
  const { id, account, byId, reason, createdAt, until, liftedAt } = made;
  return {
    id,
    account,
    by: byId,
    reason,
    createdAt: createdAt.toISOString(),
    until: until?.toISOString() ?? null,
    liftedAt: liftedAt?.toISOString() ?? null,
    inForce: isInForce(made),
  };
}

export function entryView({ id, at, actorId, action, target, detail }: Entry): z.output<typeof entry> {
  return {
    id,
    at: at.toISOString(),
    actor: actorId,
    action,
    target,
    detail: detail as Record<string, unknown>,
  };
}
