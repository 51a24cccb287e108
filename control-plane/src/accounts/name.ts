// The name that others see, made presentable. It travels in connect tokens, which have room for 64 bytes of it.
import { oneLine } from '../text.ts';
import { MAX_NAME_BYTES } from '../tokens/user-data.ts';

/** Returns '' when nothing can be shown. */
export function cleanName(asked: string): string {
  return shorten(oneLine(asked));
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
