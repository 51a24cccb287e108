/** What there is to see, in order: nothing yet, nobody there, or the instances with the map of the one that is shown. */
import { useState } from 'react';
import type { Action } from '../api/actions.ts';
import { shownInstance } from '../fleet/fleet-state.ts';
import type { Fleet } from '../fleet/use-fleet.ts';
import { FleetBar } from './fleet-bar.tsx';
import { InstanceCard } from './instance-card.tsx';
import { MapPanel } from './map-panel.tsx';
import { PlayersPanel } from './players-panel.tsx';

/** Asks for a confirmation of an action; null when the viewer is no operator. */
export type Ask = ((action: Action) => void) | null;

export function Operations({ fleet, ask }: { fleet: Fleet; ask: Ask }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const [followed, setFollowed] = useState<string | null>(null);
  const { instances, connection } = fleet.state;
  if (instances === null) return connection.state === 'connecting' ? <Loading /> : null;
  const shown = shownInstance(instances, chosen);
  const world = shown && fleet.worldOf(shown.name);
  return (
    <>
      <FleetBar instances={instances} ask={ask} />
      {shown === null || world === null ? (
        <Empty ask={ask} />
      ) : (
        <div className="layout">
          <section className="instances" aria-label="Instances">
            {instances.map((instance) => (
              <InstanceCard
                key={instance.name}
                instance={instance}
                isShown={instance === shown}
                onShow={() => setChosen(instance.name)}
                ask={ask}
              />
            ))}
          </section>
          <MapPanel
            key={shown.uid ?? shown.name}
            instance={shown}
            world={world}
            followed={followed}
            onFollow={setFollowed}
          />
          <PlayersPanel instance={shown} world={world} followed={followed} onFollow={setFollowed} ask={ask} />
        </div>
      )}
    </>
  );
}

function Loading() {
  return (
    <section className="notice" aria-busy="true">
      <div className="pulse" aria-hidden="true" />
      <h2>Asking the control plane for its instances</h2>
      <p className="quiet">This takes a moment at most.</p>
    </section>
  );
}

function Empty({ ask }: { ask: Ask }) {
  return (
    <section className="notice">
      <h2>No instance is running</h2>
      <p className="quiet">
        The fleet is scaled to none, or its first instance has not been started yet. It appears here by
        itself.
      </p>
      {ask && (
        <button type="button" className="primary" onClick={() => ask({ type: 'scale', replicas: 1 })}>
          Start one instance
        </button>
      )}
    </section>
  );
}
