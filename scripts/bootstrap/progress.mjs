// The list of steps and what became of each: the one source of what the terminal and the set-up page show.
// Steps of the child (Node 24) arrive as messages of the same shape and are put into the same list.
import { explain } from './problem.mjs';

/**
 * @typedef {'running' | 'done' | 'failed'} StepState
 * @typedef {object} StepRow
 * @property {string} id
 * @property {string} title
 * @property {StepState} state
 * @property {string} [detail] what it is doing, or what it found
 * @property {number} [fraction] 0 to 1, where it is known
 * @property {number} startedAt (unit: ms since the epoch)
 * @property {number} [seconds] how long it took
 * @property {string} [failure] why it failed, with the cure
 *
 * @typedef {{type: 'step', row: StepRow}} StepMessage
 * @typedef {{type: 'print', text: string}} PrintMessage
 * @typedef {{type: 'warn', text: string}} WarnMessage
 * @typedef {{type: 'failed', text: string}} FailedMessage
 * @typedef {{type: 'handover'}} HandoverMessage
 * @typedef {StepMessage | PrintMessage | WarnMessage | FailedMessage | HandoverMessage} ChildMessage
 * @typedef {{type: 'handed-over'} | {type: 'stop', force: boolean}} ParentMessage
 *
 * @typedef {object} Step handle given to a step's work
 * @property {(detail: string, fraction?: number) => void} report
 * @typedef {ReturnType<typeof createProgress>} Progress
 */

export function createProgress() {
  /** @type {Map<string, StepRow>} */
  const rows = new Map();
  /** @type {Set<(row?: StepRow) => void>} */
  const listeners = new Set();
  /** @type {string | undefined} */
  let failure;

  /** @param {StepRow} row */
  function apply(row) {
    rows.set(row.id, row);
    for (const listener of listeners) listener(row);
  }

  return {
    apply,
    rows: () => [...rows.values()],
    failure: () => failure,
    /** @param {string} text why nothing goes on, with the cure */
    fail(text) {
      failure = text;
      for (const listener of listeners) listener();
    },
    /** @param {(row?: StepRow) => void} listener called with the row that changed, or without when all has failed */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /**
     * Does one named piece of work and reports it.
     * @template T
     * @param {string} id
     * @param {string} title
     * @param {(step: Step) => Promise<T>} work
     * @returns {Promise<T>}
     */
    step: (id, title, work) => runStep(apply, id, title, work),
  };
}

/**
 * @template T
 * @param {(row: StepRow) => void} apply
 * @param {string} id
 * @param {string} title
 * @param {(step: Step) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function runStep(apply, id, title, work) {
  /** @type {StepRow} */
  const begun = { id, title, state: 'running', startedAt: Date.now() };
  let row = begun;
  apply(row);
  const seconds = () => (Date.now() - row.startedAt) / 1000;
  try {
    const result = await work({
      report(detail, fraction) {
        row = { ...begun, detail, ...(fraction === undefined ? {} : { fraction }) };
        apply(row);
      },
    });
    apply({ ...row, state: 'done', seconds: seconds() });
    return result;
  } catch (error) {
    apply({ ...row, state: 'failed', seconds: seconds(), failure: explain(error) });
    throw error;
  }
}
