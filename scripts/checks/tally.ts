// How tests are counted, from what their runners print.
export type Tally = { passed: number; failed: number };

export const sum = (tallies: readonly Tally[]): Tally => ({
  passed: tallies.reduce((total, { passed }) => total + passed, 0),
  failed: tallies.reduce((total, { failed }) => total + failed, 0),
});

/** `test result: ok. 12 passed; 0 failed; …`, once for each test program of cargo. */
export function countCargo(output: string): Tally {
  const results = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed;/gm)];
  return sum(results.map(([, passed, failed]) => ({ passed: Number(passed), failed: Number(failed) })));
}

/** `Tests  2 failed | 40 passed (42)` of vitest, whose colours are off. */
export function countVitest(output: string): Tally {
  const line = /^\s*Tests\s+(.*)$/m.exec(output)?.[1] ?? '';
  return { passed: numberBefore('passed', line), failed: numberBefore('failed', line) };
}

/** `40 passed, 2 failed` of the headless Godot tests. */
export function countPlain(output: string): Tally {
  const line = /^.*\d+ passed, \d+ failed.*$/m.exec(output)?.[0] ?? '';
  return { passed: numberBefore('passed', line), failed: numberBefore('failed', line) };
}

const numberBefore = (word: string, text: string) =>
  Number(new RegExp(`(\\d+) ${word}`).exec(text)?.[1] ?? 0);
