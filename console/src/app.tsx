/**
 * The operations view: the fleet's figures, its instances, and the live map of one of them with its players.
 *
 * Later views (portal, studio) become neighbours of operations/ behind the same header.
 */
import { useState } from 'react';
import type { Action } from './api/actions.ts';
import { useFleet } from './fleet/use-fleet.ts';
import { ConfirmDialog } from './operations/confirm-dialog.tsx';
import { Operations } from './operations/operations.tsx';
import type { Arrival } from './session/arrival.ts';
import { signOut } from './session/requests.ts';
import { SignInDialog } from './session/sign-in-dialog.tsx';
import { store, useSession } from './session/use-session.ts';
import { ConnectionBanner } from './ui/connection-banner.tsx';
import { Header } from './ui/header.tsx';

export function App({ arrival }: { arrival: Arrival | null }) {
  const fleet = useFleet();
  const session = useSession();
  const [isSigningIn, setSigningIn] = useState(arrival !== null);
  const [brought, setBrought] = useState(arrival);
  const [asked, setAsked] = useState<Action | null>(null);
  const mayAct = session?.account.role === 'admin';
  const endSignIn = () => {
    setSigningIn(false);
    setBrought(null);
  };
  const leave = () => {
    if (session === null) return;
    // The session ends for this browser whether the plane answers or not.
    store.forget();
    void signOut(session);
  };
  return (
    <>
      <a className="skip" href="#main">
        Skip to the instances
      </a>
      <Header
        connection={fleet.state.connection}
        account={session?.account ?? null}
        onSignIn={() => setSigningIn(true)}
        onSignOut={leave}
      />
      <ConnectionBanner connection={fleet.state.connection} hasData={fleet.state.instances !== null} />
      <main id="main" tabIndex={-1}>
        <Operations fleet={fleet} ask={mayAct ? setAsked : null} />
      </main>
      {asked && session && mayAct && (
        <ConfirmDialog
          action={asked}
          token={session.token}
          onClose={() => setAsked(null)}
          onRefused={() => {
            store.forget(session.token);
            setAsked(null);
            setSigningIn(true);
          }}
        />
      )}
      {isSigningIn && <SignInDialog arrival={brought} onClose={endSignIn} />}
    </>
  );
}
