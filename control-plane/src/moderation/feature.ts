// Moderation of one process, put together: what its routes are handed, and what must be closed.
import type { FastifyBaseLogger } from 'fastify';
import type { Bus } from '../bus.ts';
import type { InstanceRegistry } from '../instances/registry.ts';
import type { Db } from '../persistence/connect.ts';
import type { KickContext } from './kick.ts';
import { BanWatch } from './watch.ts';

export interface ModerationDeps extends KickContext {
  readonly bus: Bus;
  readonly registry: InstanceRegistry;
  readonly log: FastifyBaseLogger;
}

export interface ModerationFeature extends KickContext {
  readonly db: Db;
  readonly bus: Bus;
  close(): Promise<void>;
}

export function startModeration({
  db,
  bus,
  registry,
  directory,
  lines,
  log,
}: ModerationDeps): ModerationFeature {
  const watch = new BanWatch({ db, bus, registry, log });
  return { db, bus, directory, lines, close: () => watch.close() };
}
