/**
 * The live map: a world as it was published, with players and bodies where telemetry says they are.
 *
 * Everything that moves is moved in the frame loop straight from the tracks; React only mounts who is there. The default
 * export is loaded lazily, and three.js with it.
 */
import { OrbitControls, OrthographicCamera } from '@react-three/drei';
import { Canvas, useFrame, useThree } from '@react-three/fiber';
import { type ComponentRef, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { Vector3 } from 'three';
import { useMedia } from '../ui/use-media.ts';
import { Bodies } from './bodies.tsx';
import { type Extent, zoomFor } from './extent.ts';
import type { LiveWorld } from './live-world.ts';
import { MapTools } from './map-tools.tsx';
import { Player } from './player.tsx';
import { Sun } from './sun.tsx';
import { loadWorld, type WorldModel } from './world-model.ts';

export type View = 'isometric' | 'top';

interface Props {
  worldUrl: string;
  world: LiveWorld;
  view: View;
  followed: string | null;
  onFollow: (seat: string | null) => void;
}

type Loading =
  | { state: 'loading'; share: number }
  | { state: 'ready'; model: WorldModel }
  | { state: 'failed'; reason: string };

/** Metres that must fit into width and height to see the whole plaza, and around somebody who is followed. */
const WHOLE: Record<View, Extent> = { isometric: [92, 58], top: [66, 66] };
const CLOSE: Extent = [22, 15];
/** More players than this, and their names would cover the map. */
const CROWD = 16;
const RETRY_MS = 3_000;
const FROM: Record<View, [number, number, number]> = { isometric: [60, 62, 78], top: [0, 100, 0.001] };

export default function LiveMap({ worldUrl, world, view, followed, onFollow }: Props) {
  const loading = useWorld(worldUrl);
  const roster = useSyncExternalStore(world.subscribe, world.getRoster);
  const isDark = useMedia('(prefers-color-scheme: dark)');
  const isCalm = useMedia('(prefers-reduced-motion: reduce)');
  const controls = useRef<ComponentRef<typeof OrbitControls>>(null);
  if (!hasWebGl()) throw new Error('this browser has no WebGL 2.');
  return (
    <>
      <Canvas
        shadows="percentage"
        flat
        dpr={[1, 2]}
        className="map-canvas"
        data-ready={loading.state === 'ready' || undefined}
        aria-label="Live map; the list of players has the same places in words"
        role="img"
      >
        <OrthographicCamera makeDefault position={FROM.isometric} near={1} far={400} zoom={10} />
        <OrbitControls
          ref={controls}
          makeDefault
          enableDamping={!isCalm}
          enableRotate={view === 'isometric'}
          maxPolarAngle={1.45}
          minZoom={2}
          maxZoom={160}
        />
        <Framing view={view} world={world} followed={followed} isCalm={isCalm} />
        <Sun isDark={isDark} />
        {loading.state === 'ready' && <World model={loading.model} world={world} isDark={isDark} />}
        {roster.map((player) => (
          <Player
            key={player.seat}
            player={player}
            clock={world.clock}
            isFollowed={player.seat === followed}
            isCalm={isCalm}
            isInCrowd={roster.length > CROWD}
            onPick={() => onFollow(player.seat === followed ? null : player.seat)}
          />
        ))}
      </Canvas>
      {loading.state === 'loading' && (
        <p className="map-note">Loading the world… {Math.round(loading.share * 100)} %</p>
      )}
      {loading.state === 'failed' && (
        <p className="map-note">
          The world could not be loaded ({loading.reason}). Trying again every few seconds.
        </p>
      )}
      <MapTools controls={controls} whole={WHOLE[view]} onReset={() => onFollow(null)} />
    </>
  );
}

function World({ model, world, isDark }: { model: WorldModel; world: LiveWorld; isDark: boolean }) {
  return (
    <>
      <mesh geometry={model.solid} castShadow receiveShadow>
        <meshLambertMaterial vertexColors />
      </mesh>
      {model.walls && (
        <mesh geometry={model.walls} renderOrder={1}>
          <meshLambertMaterial
            color={isDark ? '#7d93a3' : '#8b8f94'}
            transparent
            opacity={0.16}
            depthWrite={false}
          />
        </mesh>
      )}
      {model.groups.map((group) => (
        <Bodies key={group.geometry.uuid} group={group} world={world} />
      ))}
    </>
  );
}

/** Puts the camera where the view wants it, and keeps it with whoever is followed. */
function Framing({
  view,
  world,
  followed,
  isCalm,
}: {
  view: View;
  world: LiveWorld;
  followed: string | null;
  isCalm: boolean;
}) {
  const { camera, controls, size } = useThree();
  const target = useMemo(() => new Vector3(), []);
  const step = useMemo(() => new Vector3(), []);

  useEffect(() => {
    const orbit = controls as ComponentRef<typeof OrbitControls> | null;
    if (!orbit) return;
    camera.position.set(...FROM[view]).add(orbit.target);
    orbit.update();
  }, [camera, controls, view]);

  useEffect(() => {
    camera.zoom = zoomFor(followed === null ? WHOLE[view] : CLOSE, size.width, size.height);
    camera.updateProjectionMatrix();
  }, [camera, size.width, size.height, followed, view]);

  useFrame(() => {
    const orbit = controls as ComponentRef<typeof OrbitControls> | null;
    const pose = world.roster
      .find(({ seat }) => seat === followed)
      ?.track.at(world.clock.drawTime(Date.now()));
    if (!orbit || !pose) return;
    step.copy(target.set(pose.x, pose.y + 1, pose.z)).sub(orbit.target);
    if (!isCalm) step.multiplyScalar(0.12);
    orbit.target.add(step);
    camera.position.add(step);
    orbit.update();
  });
  return null;
}

function useWorld(url: string): Loading {
  const [loading, setLoading] = useState<Loading>({ state: 'loading', share: 0 });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isCurrent = true;
    const tell = (next: Loading) => isCurrent && setLoading(next);
    const load = () =>
      loadWorld(url, (share) => tell({ state: 'loading', share })).then(
        (model) => tell({ state: 'ready', model }),
        (error: unknown) => {
          tell({ state: 'failed', reason: error instanceof Error ? error.message : String(error) });
          if (isCurrent) timer = setTimeout(load, RETRY_MS);
        },
      );
    tell({ state: 'loading', share: 0 });
    load();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [url]);
  return loading;
}

let webGl: boolean | undefined;
function hasWebGl(): boolean {
  webGl ??= document.createElement('canvas').getContext('webgl2') !== null;
  return webGl;
}
