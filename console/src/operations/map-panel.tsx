/** The map of one instance: loads the three.js part when it is first needed, and says so when there is nothing to draw. */
import { Component, lazy, type ReactNode, Suspense, useState } from 'react';
import type { Instance } from '../api/types.ts';
import { useWorldName } from '../fleet/use-world-name.ts';
import type { LiveWorld } from '../map/live-world.ts';
import { useNow } from '../ui/use-now.ts';

const LiveMap = lazy(() => import('../map/live-map.tsx'));

/** Telemetry comes ten times a second; after this it is missed (unit: ms). */
const QUIET_MS = 3_000;

interface Props {
  instance: Instance;
  world: LiveWorld;
  followed: string | null;
  onFollow: (seat: string | null) => void;
}

export function MapPanel({ instance, world, followed, onFollow }: Props) {
  const [view, setView] = useState<'isometric' | 'top'>('isometric');
  const name = useWorldName(instance.world?.id);
  return (
    <section className="map-panel" aria-label={`Map of ${instance.name}`}>
      <div className="map-head">
        <h2>
          {name} <span className="quiet">{instance.name}</span>
        </h2>
        <fieldset className="switch">
          <legend className="visually-hidden">View</legend>
          {(['isometric', 'top'] as const).map((each) => (
            <label key={each}>
              <input type="radio" name="view" checked={view === each} onChange={() => setView(each)} />
              {each === 'top' ? 'Top-down' : 'Isometric'}
            </label>
          ))}
        </fieldset>
      </div>
      <div className="map-frame">
        {instance.world === null ? (
          <p className="map-note">
            {instance.name} has not registered yet; its world is shown as soon as it has.
          </p>
        ) : (
          <MapBoundary>
            <Suspense fallback={<p className="map-note">Loading the map…</p>}>
              <LiveMap
                worldUrl={`/worlds/${instance.world.sha256}.glb`}
                world={world}
                view={view}
                followed={followed}
                onFollow={onFollow}
              />
            </Suspense>
            <Silence world={world} />
          </MapBoundary>
        )}
      </div>
    </section>
  );
}

function Silence({ world }: { world: LiveWorld }) {
  const now = useNow(1000);
  if (world.heardAt === null) return <p className="map-badge">Waiting for the first telemetry</p>;
  const quiet = now - world.heardAt;
  if (quiet < QUIET_MS) return null;
  return (
    <p className="map-badge">No telemetry for {Math.floor(quiet / 1000)} s: places are the last known ones</p>
  );
}

/** A browser without WebGL 2, or a chunk that is gone after an update, costs the map, not the page. */
class MapBoundary extends Component<{ children: ReactNode }, { failed: string | null }> {
  override state: { failed: string | null } = { failed: null };

  static getDerivedStateFromError(error: unknown) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    if (this.state.failed === null) return this.props.children;
    return (
      <p className="map-note">
        The map cannot be drawn here: {this.state.failed} The list of players shows the same places.{' '}
        <button type="button" onClick={() => location.reload()}>
          Reload the page
        </button>
      </p>
    );
  }
}
