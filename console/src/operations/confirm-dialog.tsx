/** Nothing is done to people or servers without a second look: says what will happen, then does it or says why not. */
import { useEffect, useRef, useState } from 'react';
import { type Action, perform } from '../api/actions.ts';
import type { Problem } from '../api/types.ts';

interface Props {
  action: Action;
  token: string;
  onClose: () => void;
  /** The session has ended. */
  onRefused: () => void;
}

type Progress = { state: 'asking' } | { state: 'doing' } | { state: 'failed'; problem: Problem };

export function ConfirmDialog({ action, token, onClose, onRefused }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [progress, setProgress] = useState<Progress>({ state: 'asking' });
  const [reason, setReason] = useState('');
  useEffect(() => dialog.current?.showModal(), []);

  const confirm = async () => {
    setProgress({ state: 'doing' });
    const problem = await perform(action.type === 'kick' ? { ...action, reason } : action, token);
    if (problem === null) onClose();
    else setProgress({ state: 'failed', problem });
  };
  const { title, effect, verb } = wordsOf(action);
  const isRefused = progress.state === 'failed' && progress.problem.status === 401;
  return (
    <dialog ref={dialog} className="confirm" aria-labelledby="confirm-title" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          confirm();
        }}
      >
        <h2 id="confirm-title">{title}</h2>
        <p>{effect}</p>
        {action.type === 'kick' && (
          <label className="field">
            Reason, shown to the player
            <input
              value={reason}
              maxLength={200}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          </label>
        )}
        {progress.state === 'failed' && (
          <p role="alert" className="problem">
            <strong>{progress.problem.message}</strong> {progress.problem.hint}{' '}
            <code>{progress.problem.code}</code>
          </p>
        )}
        <div className="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          {isRefused ? (
            <button type="button" className="danger" onClick={onRefused}>
              Sign in again
            </button>
          ) : (
            <button type="submit" className="danger solid" disabled={progress.state === 'doing'}>
              {progress.state === 'doing' ? 'Working…' : verb}
            </button>
          )}
        </div>
      </form>
    </dialog>
  );
}

function wordsOf(action: Action): { title: string; effect: string; verb: string } {
  switch (action.type) {
    case 'kick':
      return {
        title: `Kick ${action.player}?`,
        effect: `They leave ${action.instance} at once. They can join again.`,
        verb: 'Kick',
      };
    case 'drain':
      return {
        title: `Drain ${action.instance}?`,
        effect: drainEffect(action.players),
        verb: 'Drain',
      };
    case 'scale':
      return {
        title: `Scale the fleet to ${action.replicas}?`,
        effect: 'Instances are started or, when they are without players, shut down until that many run.',
        verb: 'Scale',
      };
  }
}

function drainEffect(players: number): string {
  switch (players) {
    case 0:
      return 'Nobody is inside: it shuts down at once, and the fleet starts another.';
    case 1:
      return 'It takes nobody new and shuts down when its one player has left.';
    default:
      return `It takes nobody new and shuts down when the last of its ${players} players has left.`;
  }
}
