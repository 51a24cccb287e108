/** Name of the place, state of the connection, who is looking. */
import type { Connection } from '../fleet/fleet-state.ts';

interface Props {
  connection: Connection;
  isOperator: boolean;
  onSignOut: () => void;
}

const WORDS: Record<Connection['state'], string> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
};

export function Header({ connection, isOperator, onSignOut }: Props) {
  return (
    <header className="header">
      <h1 className="brand">
        <img src="/icon.svg" alt="" width="28" height="28" />
        Otherworld <span>operations</span>
      </h1>
      <div className="header-end">
        {isOperator && (
          <span className="who">
            <span>Operator</span>
            <button type="button" className="link" onClick={onSignOut}>
              Sign out
            </button>
          </span>
        )}
        <span className="connection" data-state={connection.state} role="status">
          <i aria-hidden="true" />
          {WORDS[connection.state]}
        </span>
      </div>
    </header>
  );
}
