// What players ask the world for goes to the instance that they are in and to no other; its answer comes back.
import { ApiError } from '../errors.ts';
import type { Lines } from '../instances/lines.ts';
import type { Answer } from './connection.ts';
import type { Request } from './envelope.ts';
import type { StreamName } from './events.ts';
import type { Place } from './people.ts';

/** Whichever process holds the instance's line. */
export type Asked = Pick<Lines, 'request'>;

const CAUSE = /^[a-z][a-z0-9_]{0,63}$/;

export async function askInstance(
  lines: Asked,
  { instance, seat }: Place,
  request: Request,
): Promise<Answer> {
  const { type, data } = request;
  const answer = await lines.request(instance, { seat: BigInt(seat), type, data: JSON.stringify(data) });
  const as = (word: string) => type.replace(/requested$/, word) as StreamName;
  if ('accepted' in answer) return { type: as('accepted'), data: {} };
  const { refused: cause } = answer;
  if (cause === 'lost' || cause === 'timeout') {
    throw new ApiError(
      'OW_ERR_INSTANCE_SILENT',
      'Your instance does not answer now; whether it did this is not known.',
    );
  }
  return { type: as('refused'), data: { cause: CAUSE.test(cause) ? cause : 'refused' } };
}
