// Who joins without an account: a fresh UUID and the name that was asked for, made presentable.
import { randomUUID } from 'node:crypto';
import { MAX_NAME_BYTES } from '../tokens/user-data.ts';

export interface Guest {
  readonly user: string;
  readonly name: string;
}

/** Control and format characters: they break lines, reverse text or hide it. */
const INVISIBLE = /\p{C}/gu;

export function guest(asked: string): Guest {
  const name = shorten(asked.normalize('NFC').replaceAll(INVISIBLE, '').replaceAll(/\s+/g, ' ').trim());
  return { user: randomUUID(), name: name === '' ? 'Guest' : name };
}

/** As many whole characters as fit. */
function shorten(name: string): string {
  let bytes = 0;
  let kept = '';
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(name)) {
    bytes += Buffer.byteLength(segment);
    if (bytes > MAX_NAME_BYTES) break;
    kept += segment;
  }
  return kept.trimEnd();
}
