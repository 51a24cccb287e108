// What people write, made presentable before it is kept: composed, without the characters that break lines, reverse
// text or hide it.

/** Control, format and private characters, unassigned ones and halves of a pair. */
const INVISIBLE = /\p{C}/gu;
const INVISIBLE_BUT_LINES = /[^\P{C}\n]/gu;

/** One line: a name. May come out empty, and longer than it went in. */
export function oneLine(asked: string): string {
  return asked.normalize('NFC').replaceAll(INVISIBLE, '').replaceAll(/\s+/g, ' ').trim();
}

/** Several lines: a description. */
export function severalLines(asked: string): string {
  return asked.normalize('NFC').replaceAll(/\r\n?/g, '\n').replaceAll(INVISIBLE_BUT_LINES, '').trim();
}
