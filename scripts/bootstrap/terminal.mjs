// Progress for people and for logs: one line per finished step, and on a terminal one live line with what runs now.

/**
 * @typedef {import('./progress.mjs').Progress} Progress
 * @typedef {import('./progress.mjs').StepRow} StepRow
 * @typedef {ReturnType<typeof createTerminal>} Terminal
 */

/** How often a log is told what still runs (unit: ms). */
const STILL_RUNNING_MS = 30_000;

/** @param {Progress} progress */
export function createTerminal(progress) {
  const live = process.stdout.isTTY === true;
  const colour = live && !process.env.NO_COLOR;
  /** @param {string} code @param {string} text */
  const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  /** @type {Set<string>} */
  const finished = new Set();
  let failed = false;
  let drawn = false;

  progress.subscribe((row) => {
    if (!row) return fail(progress.failure() ?? '');
    if (row.state === 'running') return draw();
    if (finished.has(row.id)) return;
    finished.add(row.id);
    if (row.state === 'done') line(doneLine(row, paint));
    else line(`${paint('31', '✗')} ${row.title}  ${paint('2', clock(row.seconds ?? 0))}`);
  });
  const timer = live ? setInterval(draw, 500) : setInterval(stillRunning, STILL_RUNNING_MS);
  timer.unref();

  const runningRows = () => progress.rows().filter((row) => row.state === 'running');

  /** A log without a live line shows now and then that it goes on. */
  function stillRunning() {
    for (const row of runningRows()) line(`${paint('36', '◌')} ${liveText(row)}`);
  }

  function draw() {
    const running = runningRows();
    if (!live || (running.length === 0 && !drawn)) return;
    drawn = running.length > 0;
    const text = running.map((row) => liveText(row)).join(' · ');
    const width = (process.stdout.columns || 80) - 3;
    process.stdout.write(`\r\u001b[2K${text ? `${paint('36', '◌')} ${text.slice(0, width)}` : ''}`);
  }

  /** @param {string} text */
  function line(text) {
    if (live) process.stdout.write('\r\u001b[2K');
    process.stdout.write(`${text}\n`);
    draw();
  }

  /** @param {string} text one sentence with its cure; the first one is the cause */
  function fail(text) {
    if (failed) return;
    failed = true;
    if (live) process.stdout.write('\r\u001b[2K');
    process.stderr.write(`${paint('31', '✗')} ${text}\n`);
  }

  return {
    line,
    /** @param {string} text */
    warn: (text) => line(`${paint('33', '!')} ${text}`),
    close() {
      clearInterval(timer);
      if (live) process.stdout.write('\r\u001b[2K');
    },
  };
}

/** @param {StepRow} row @param {(code: string, text: string) => string} paint */
function doneLine(row, paint) {
  const detail = row.detail ? `  ${paint('2', row.detail)}` : '';
  return `${paint('32', '✓')} ${row.title.padEnd(22)} ${clock(row.seconds ?? 0).padStart(7)}${detail}`;
}

/** @param {StepRow} row */
function liveText(row) {
  const part = row.fraction === undefined ? '' : ` ${Math.round(row.fraction * 100)} %`;
  return `${row.title}${part} ${clock((Date.now() - row.startedAt) / 1000)}${row.detail ? ` (${row.detail})` : ''}`;
}

/** @param {number} seconds */
export function clock(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)}m${String(Math.floor(seconds % 60)).padStart(2, '0')}s`;
}
