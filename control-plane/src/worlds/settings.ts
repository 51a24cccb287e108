// What a creator may say about a world, with its bounds. The shapes are also the API's documentation.
import { z } from 'zod';
import { text } from '../http/schemas.ts';
import { oneLine, severalLines } from '../text.ts';

const MAX_NAME = 80;
const MAX_DESCRIPTION = 2_000;
export const MAX_CAPACITY = 100;

/** Letters, digits and single hyphens. A UUID looks like one too, and is refused: addresses take either. */
const SLUG = /^(?!.*--)[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const isUuid = (text: string): boolean => UUID.test(text);

export const slug = z
  .string()
  .min(2)
  .max(64)
  .regex(SLUG, 'lower-case letters, digits and single hyphens, no hyphen at the ends')
  .refine((text) => !isUuid(text), 'must not look like a UUID')
  .describe('In addresses; never changes.');

// Composing may make a text longer, and cleaning may leave nothing of it: what comes out is measured again.
const name = text(1, MAX_NAME).transform(oneLine).pipe(text(1, MAX_NAME));
const description = text(0, MAX_DESCRIPTION).transform(severalLines).pipe(text(0, MAX_DESCRIPTION));
const scene = text(1, 64).describe('Id of a scene; GET /api/v1/scenes lists them.');
const kind = z
  .enum(['shared', 'copies'])
  .describe('shared: one instance for all, who waits when it is full; copies: as many as demand asks');
const access = z
  .enum(['everyone', 'accounts', 'members', 'owner'])
  .describe('Who may see and enter it; guests see those for accounts.');
const capacity = z.int().min(1).max(MAX_CAPACITY).describe('Seats of one instance.');
const tickRateHz = z.union([z.literal(30), z.literal(60)]).describe('Only 30 runs today.');

export const newWorld = z.strictObject({
  slug,
  name,
  description: description.default(''),
  scene,
  kind: kind.default('shared'),
  access: access.default('everyone'),
  capacity: capacity.default(MAX_CAPACITY),
  tickRateHz: tickRateHz.default(30),
});

export const worldChange = z
  .strictObject({ name, description, scene, kind, access, capacity, tickRateHz })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'names nothing to change');

export type NewWorld = z.output<typeof newWorld>;
export type WorldChange = z.output<typeof worldChange>;
