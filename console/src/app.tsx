/**
 * The operations view: the fleet's figures, its instances, and the live map of one of them with its players.
 *
 * Later views (portal, studio) become neighbours of operations/ behind the same header.
 */
import { useState } from 'react';
import type { Action } from './api/actions.ts';
import { forgetOperatorToken } from './api/operator.ts';
import { useFleet } from './fleet/use-fleet.ts';
import { ConfirmDialog } from './operations/confirm-dialog.tsx';
import { Operations } from './operations/operations.tsx';
import { ConnectionBanner } from './ui/connection-banner.tsx';
import { Header } from './ui/header.tsx';

export function App({ initialToken }: { initialToken: string | null }) {
  const fleet = useFleet();
  const [token, setToken] = useState(initialToken);
  const [asked, setAsked] = useState<Action | null>(null);
  const signOut = () => {
    forgetOperatorToken(sessionStorage);
    setToken(null);
  };
  return (
    <>
      <a className="skip" href="#main">
        Skip to the instances
      </a>
      <Header connection={fleet.state.connection} isOperator={token !== null} onSignOut={signOut} />
      <ConnectionBanner connection={fleet.state.connection} hasData={fleet.state.instances !== null} />
      <main id="main" tabIndex={-1}>
        <Operations fleet={fleet} ask={token === null ? null : setAsked} />
      </main>
      {asked && token !== null && (
        <ConfirmDialog action={asked} token={token} onClose={() => setAsked(null)} onRefused={signOut} />
      )}
    </>
  );
}
