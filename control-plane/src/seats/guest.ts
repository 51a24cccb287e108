// Who joins without an account: a fresh UUID and the name that was asked for, made presentable.
import { randomUUID } from 'node:crypto';
import { cleanName } from '../accounts/name.ts';

export interface Guest {
  readonly user: string;
  readonly name: string;
}

export function guest(asked: string): Guest {
  return { user: randomUUID(), name: cleanName(asked) || 'Guest' };
}
