/** Name of the place, state of the connection, who is looking. */
import type { Connection } from '../fleet/fleet-state.ts';
import type { Session } from '../session/session.ts';

interface Props {
  connection: Connection;
  account: Session['account'] | null;
  onSignIn: () => void;
  onSignOut: () => void;
}

const WORDS: Record<Connection['state'], string> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
};

export function Header({ connection, account, onSignIn, onSignOut }: Props) {
  return (
    <header className="header">
      <h1 className="brand">
        <img src="/icon.svg" alt="" width="28" height="28" />
        Otherworld <span>operations</span>
      </h1>
      <div className="header-end">
        <span className="who">
          {account && (
            <span title={account.role === 'admin' ? undefined : 'Only an admin may act here'}>
              {account.name}
              {account.role === 'admin' ? '' : ` (${account.role})`}
            </span>
          )}
          <button type="button" className="link" onClick={account ? onSignOut : onSignIn}>
            {account ? 'Sign out' : 'Sign in'}
          </button>
        </span>
        <span className="connection" data-state={connection.state} role="status">
          <i aria-hidden="true" />
          {WORDS[connection.state]}
        </span>
      </div>
    </header>
  );
}
