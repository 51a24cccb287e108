// What an e-mail and a password may be.
import { z } from 'zod';

/** In lower case: no mail server in use tells "Ada@" from "ada@", and people type both. */
/** zod's local part, and a domain of labels that neither begin nor end with a hyphen, as DNS has them. */
const ADDRESS =
  /^(?!\.)(?!.*\.\.)[A-Za-z0-9_'+\-.]*[A-Za-z0-9_+-]@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;

export const email = z.email({ pattern: ADDRESS }).max(254).toLowerCase();

/**
 * Long rather than of many kinds (NIST SP 800-63B-4, 3.1.1.2); twelve, because tries are few and hashes slow. The most
 * bounds what is hashed. Halves of surrogate pairs would all become the same character.
 */
export const newPassword = z
  .string()
  .min(12)
  .max(256)
  .refine((text) => text.isWellFormed(), 'is not well-formed Unicode');

/** One that exists may be from a time of other rules. */
export const password = z.string().min(1).max(256);
