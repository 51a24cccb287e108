// Sending somebody out now. They may come again: who must not is banned. The entry in the audit log comes first: better one of
// a kick that did not arrive than a kick of which nobody knows.
import { ApiError } from '../errors.ts';
import type { Db } from '../persistence/connect.ts';
import { transaction } from '../persistence/transaction.ts';
import { audit } from './audit.ts';

/** The instances with their seats, whichever process holds their lines. */
export interface Seated {
  known(): Promise<
    readonly {
      readonly name: string;
      readonly seats: readonly { readonly id: string; readonly user: string }[];
    }[]
  >;
}

export interface Kicks {
  kick(instance: string, seat: bigint, reason: string): Promise<'done' | 'unknown_seat' | 'lost'>;
}

export interface KickContext {
  readonly db: Db;
  readonly directory: Seated;
  readonly lines: Kicks;
}

export async function kickSeat(
  { db, directory, lines }: KickContext,
  { instance, seat, reason }: { instance: string; seat: bigint; reason: string },
  actor: string,
): Promise<void> {
  const known = (await directory.known()).find(({ name }) => name === instance);
  if (known === undefined) throw new ApiError('OW_ERR_UNKNOWN_INSTANCE');
  const account = known.seats.find(({ id }) => id === String(seat))?.user;
  if (account === undefined) throw new ApiError('OW_ERR_UNKNOWN_SEAT');
  const detail = { seat: String(seat), account, reason };
  await transaction(db, (tx) => audit(tx, { actor, action: 'instance.kick', target: instance, detail }));
  const outcome = await lines.kick(instance, seat, reason);
  if (outcome === 'unknown_seat') throw new ApiError('OW_ERR_UNKNOWN_SEAT');
  if (outcome === 'lost') throw new ApiError('OW_ERR_INSTANCE_SILENT');
}

/** Out of wherever they are. Returns the instances. */
export async function kickAccount(
  { db, directory, lines }: KickContext,
  { account, reason }: { account: string; reason: string },
  actor: string,
): Promise<string[]> {
  const seats = (await directory.known()).flatMap(({ name, seats }) =>
    seats.filter(({ user }) => user === account).map(({ id }) => ({ instance: name, seat: BigInt(id) })),
  );
  if (seats.length === 0) throw new ApiError('OW_ERR_NOT_INSIDE');
  const instances = seats.map(({ instance }) => instance);
  await transaction(db, (tx) =>
    audit(tx, { actor, action: 'account.kick', target: account, detail: { reason, instances } }),
  );
  const outcomes = await Promise.all(seats.map(({ instance, seat }) => lines.kick(instance, seat, reason)));
  if (outcomes.includes('lost')) throw new ApiError('OW_ERR_INSTANCE_SILENT');
  return instances;
}
