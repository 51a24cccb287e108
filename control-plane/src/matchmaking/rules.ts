// The rules of matching, as data: what may differ from one world to the next, with the defaults that hold where a
// world says nothing. docs/reference/matchmaking.md lists them; a test compares the two.
import { z } from 'zod';

const latencyStep = z.strictObject({
  /** From so much waiting on … (unit: seconds). */
  afterSeconds: z.number().min(0).max(3600),
  /** … an instance of this round-trip time is near enough; null: any (unit: milliseconds). */
  maxMs: z.int().positive().nullable(),
});

export const matchRules = z.strictObject({
  /** What is near enough, wider the longer somebody waits. */
  latency: z
    .array(latencyStep)
    .min(1)
    .refine(
      (steps) =>
        steps.every(({ afterSeconds }, i) =>
          i === 0 ? afterSeconds === 0 : afterSeconds > (steps[i - 1]?.afterSeconds ?? 0),
        ),
      'begins at 0 seconds and rises',
    )
    .default([
      { afterSeconds: 0, maxMs: 100 },
      { afterSeconds: 5, maxMs: 200 },
      { afterSeconds: 15, maxMs: null },
    ]),
  /** After so long, a party that fits nowhere has seats kept for it as they become free (unit: seconds). */
  keepSeatsAfterSeconds: z.number().min(0).max(3600).default(20),
  /** Instances that are opened for a world at the same time. */
  openAtOnce: z.int().min(1).max(100).default(8),
});

export type MatchRules = z.infer<typeof matchRules>;

export const DEFAULT_RULES: MatchRules = matchRules.parse({});

/** A party may be this large; no larger than an instance in any case. */
export const MAX_PARTY = 16;
