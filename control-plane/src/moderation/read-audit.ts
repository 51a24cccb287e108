// Reading the audit log, the newest first.
import type { Prisma } from '../../../prisma/gen/client.ts';
import type { Db } from '../persistence/connect.ts';
import type { Place } from './page.ts';

export interface AskForEntries {
  readonly limit: number;
  readonly before?: Place | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly target?: string | undefined;
}

export type Entry = Prisma.AuditEntryModel;

export function readAudit(db: Db, { limit, before, actor, action, target }: AskForEntries): Promise<Entry[]> {
  return db.auditEntry.findMany({
    where: {
      ...(actor !== undefined && { actorId: actor }),
      ...(action !== undefined && { action }),
      ...(target !== undefined && { target }),
      ...(before !== undefined && {
        at: { lte: before.at },
        OR: [{ at: { lt: before.at } }, { id: { lt: before.id } }],
      }),
    },
    orderBy: [{ at: 'desc' }, { id: 'desc' }],
    take: limit,
  });
}
