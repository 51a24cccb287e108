// The end of `npm test`: what each part took and may take, then one line alone that says how it went.
import { type PartResult, type Report, TOTAL_BUDGET } from './run-parts.ts';

export function summary({ results, passed, failed, minutes, late }: Report): string[] {
  const rows = [
    ['part', 'passed', 'failed', 'minutes', 'budget'],
    ...results.map(row),
    ['total', String(passed), String(failed), minutes.toFixed(1), String(TOTAL_BUDGET)],
  ];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const table = rows.map((cells) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  const verdict = late
    ? [`The tests took ${minutes.toFixed(1)} minutes, more than the ${TOTAL_BUDGET} they may take.`]
    : [];
  return ['', ...table, '', ...verdict, `${passed} passed, ${failed} failed`];
}

function row({ part, tally, minutes }: PartResult): string[] {
  const over = minutes > part.budget ? '!' : '';
  return [
    part.name,
    String(tally.passed),
    String(tally.failed),
    `${over}${minutes.toFixed(1)}`,
    String(part.budget),
  ];
}
