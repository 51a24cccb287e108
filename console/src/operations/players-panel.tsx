/**
 * The map in words: every player with place, heading and height over the last seconds. It is what a screen reader reads
 * and where players are followed and kicked.
 */
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Instance } from '../api/types.ts';
import { type Footprint, type LivePlayer, type LiveWorld, TRAIL_MS } from '../map/live-world.ts';
import { metres } from '../ui/format.ts';
import type { Ask } from './operations.tsx';

/** Fast enough to see somebody climb, slow enough to read (unit: ms). */
const REFRESH_MS = 200;
const COMPASS = [
  'north',
  'north-east',
  'east',
  'south-east',
  'south',
  'south-west',
  'west',
  'north-west',
] as const;

interface Props {
  instance: Instance;
  world: LiveWorld;
  followed: string | null;
  onFollow: (seat: string | null) => void;
  ask: Ask;
}

export function PlayersPanel({ instance, world, followed, onFollow, ask }: Props) {
  const roster = useSyncExternalStore(world.subscribe, world.getRoster);
  useRefresh(REFRESH_MS);
  return (
    <section className="players" aria-label="Players">
      <h2>
        Players <span className="quiet">{roster.length}</span>
      </h2>
      {roster.length === 0 ? (
        <p className="quiet">
          Nobody is here. A bot comes with <code>npm start -- --bots 1</code>.
        </p>
      ) : (
        <div className="table-scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Height</th>
                <th scope="col">x, z</th>
                <th scope="col" className="wide">
                  Looks
                </th>
                <th scope="col" className="wide">
                  Last {TRAIL_MS / 1000} s
                </th>
                {ask && (
                  <th scope="col">
                    <span className="visually-hidden">Actions</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {roster.map((player) => (
                <PlayerRow
                  key={player.seat}
                  player={player}
                  isFollowed={player.seat === followed}
                  onFollow={onFollow}
                  onKick={
                    ask &&
                    (() =>
                      ask({
                        type: 'kick',
                        instance: instance.name,
                        seat: player.seat,
                        player: player.name,
                        reason: '',
                      }))
                  }
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

interface RowProps {
  player: LivePlayer;
  isFollowed: boolean;
  onFollow: (seat: string | null) => void;
  onKick: (() => void) | null;
}

function PlayerRow({ player, isFollowed, onFollow, onKick }: RowProps) {
  const pose = player.track.latest();
  if (!pose) return null;
  return (
    <tr data-testid="player" data-seat={player.seat} data-x={pose.x} data-y={pose.y} data-z={pose.z}>
      <th scope="row">
        <button
          type="button"
          className="name"
          aria-pressed={isFollowed}
          title={isFollowed ? 'Stop following' : 'Follow on the map'}
          onClick={() => onFollow(isFollowed ? null : player.seat)}
        >
          <i className="name-dot" style={{ '--hue': player.hue } as React.CSSProperties} aria-hidden="true" />
          <span className="visually-hidden">Follow </span>
          {player.name}
        </button>
      </th>
      <td>
        {metres(pose.y)}
        {!pose.grounded && <span className="air"> in the air</span>}
      </td>
      <td>
        {pose.x.toFixed(2)}, {metres(pose.z)}
      </td>
      <td className="wide">{compass(pose.yaw)}</td>
      <td className="wide">
        <Heights trail={player.trail} />
      </td>
      {onKick && (
        <td className="row-actions">
          <button type="button" className="danger" onClick={onKick}>
            Kick<span className="visually-hidden"> {player.name}</span>
          </button>
        </td>
      )}
    </tr>
  );
}

/** Height over time; the scale grows with the climb but never below two metres, so that level ground looks level. */
function Heights({ trail }: { trail: Footprint[] }) {
  const last = trail.at(-1);
  if (!last) return null;
  const top = Math.max(2, ...trail.map(({ y }) => y));
  const points = trail.map(({ at, y }) => {
    const x = 118 - ((last.at - at) / TRAIL_MS) * 116;
    return `${x.toFixed(1)},${(22 - (Math.max(0, y) / top) * 20).toFixed(1)}`;
  });
  return (
    <svg className="heights" viewBox="0 0 120 24" aria-hidden="true">
      <path d="M0 23H120" />
      <polyline points={points.join(' ')} />
    </svg>
  );
}

/** −z is north: the way a player looks when yaw is 0; yaw grows towards −x, the west. */
function compass(yaw: number): string {
  const eighths = Math.round(-yaw / (Math.PI / 4));
  return COMPASS[((eighths % 8) + 8) % 8] ?? '';
}

function useRefresh(everyMs: number): void {
  const [, refresh] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => refresh((count) => count + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}
