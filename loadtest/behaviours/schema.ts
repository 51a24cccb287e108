/**
 * What the bot executor understands (`netcode/bot/src/behaviour.rs` reads the same): a behaviour is a list of steps. Places are
 * x and z in the world (metres), times seconds, speeds metres a second. `every-step.json` is read by the tests of both.
 */
import { z } from 'zod';

/** As the character step has them (unit: metres a second). */
export const WALK_SPEED = 4.5;
export const RUN_SPEED = 6.75;

const coordinate = z.number().gt(-10_000).lt(10_000);
const place = z.tuple([coordinate, coordinate]);
const speed = z.number().positive().max(RUN_SPEED);
const seconds = z.number().min(0).lt(1e6);

const area = z.union([
  z.strictObject({ center: place, radius: z.number().positive().lt(10_000) }),
  z
    .strictObject({ from: place, to: place })
    .refine(({ from, to }) => to[0] > from[0] && to[1] > from[1], 'has no room'),
]);

export const step = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('walk'), to: z.array(place).min(1), speed: speed.optional() }),
  z.strictObject({
    do: z.literal('wander'),
    area,
    speed: speed.optional(),
    rest_s: z
      .tuple([seconds, seconds])
      .refine(([least, most]) => most >= least, 'is no span of time')
      .optional(),
    for_s: seconds.optional(),
  }),
  z.strictObject({ do: z.literal('stand'), for_s: seconds }),
  z.strictObject({ do: z.literal('face'), at: place }),
  z.strictObject({ do: z.literal('jump') }),
  z.strictObject({
    do: z.literal('push'),
    body: z.union([z.string(), z.int().min(0).max(0xffff_ffff)]),
    to: place,
    speed: speed.optional(),
    for_s: seconds.optional(),
  }),
  z.strictObject({
    do: z.literal('gesture'),
    clip: z.string().optional(),
    offset_s: z.number().gt(-1e6).lt(1e6).optional(),
  }),
]);

export const behaviour = z
  .strictObject({
    seed: z.int().min(0).max(0xffff_ffff),
    steps: z.array(step),
    /** After the last step this one comes again; without it the bot then stands. */
    again_from: z.int().min(0).optional(),
  })
  .refine(({ steps, again_from }) => again_from === undefined || again_from < steps.length, {
    path: ['again_from'],
    message: 'is no step',
  });

export type Place = z.infer<typeof place>;
export type Area = z.infer<typeof area>;
export type Step = z.infer<typeof step>;
export type Behaviour = z.infer<typeof behaviour>;
