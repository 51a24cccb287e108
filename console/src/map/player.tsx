/**
 * One player on the map: a capsule of the body's real size with a pointer ahead, a stem down to the level of the plaza
 * with a ring there (how high somebody stands is read against it), a name plate, and footprints of the last seconds.
 */
import { useFrame } from '@react-three/fiber';
import { useMemo, useRef } from 'react';
import { Color, type Group, type InstancedMesh, Matrix4, type Mesh } from 'three';
import { metres } from '../ui/format.ts';
import type { ServerClock } from './clock.ts';
import type { LivePlayer } from './live-world.ts';
import { useNamePlate } from './name-plate.ts';

const RADIUS = 0.3;
const HEIGHT = 1.7;
const FOOTPRINTS = 48;
const FOOTPRINT_MS = 6_000;
/** Stem and ring show once the feet are this far above the plaza (unit: metres). */
const RAISED = 0.1;

interface Props {
  player: LivePlayer;
  clock: ServerClock;
  isFollowed: boolean;
  isCalm: boolean;
  isInCrowd: boolean;
  onPick: () => void;
}

export function Player({ player, clock, isFollowed, isCalm, isInCrowd, onPick }: Props) {
  const body = useRef<Group>(null);
  const heading = useRef<Group>(null);
  const stem = useRef<Mesh>(null);
  const ring = useRef<Mesh>(null);
  const color = useMemo(() => new Color().setHSL(player.hue / 360, 0.85, 0.56), [player.hue]);
  useNamePlate({
    anchor: body,
    above: HEIGHT + 0.25,
    name: player.name,
    isMarked: isFollowed,
    isInCrowd,
    tell: () => {
      const y = body.current?.position.y ?? 0;
      return isFollowed || y > RAISED ? metres(y) : '';
    },
  });

  useFrame(() => {
    const pose = isCalm ? player.track.latest() : player.track.at(clock.drawTime(Date.now()));
    if (!pose || !body.current || !heading.current || !stem.current || !ring.current) return;
    body.current.position.set(pose.x, pose.y, pose.z);
    heading.current.rotation.y = pose.yaw;
    const isRaised = pose.y > RAISED;
    stem.current.visible = isRaised;
    stem.current.scale.y = Math.max(pose.y, 0.01);
    stem.current.position.set(pose.x, pose.y / 2, pose.z);
    ring.current.position.set(pose.x, 0.03, pose.z);
  });

  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a three.js group; the list of players follows by keyboard */}
      <group ref={body} onClick={onPick}>
        <group ref={heading}>
          <mesh castShadow position-y={HEIGHT / 2}>
            <capsuleGeometry args={[RADIUS, HEIGHT - 2 * RADIUS, 6, 16]} />
            <meshLambertMaterial color={color} emissive={color} emissiveIntensity={0.25} />
          </mesh>
          <mesh position={[0, 1.2, -0.55]} rotation-x={-Math.PI / 2}>
            <coneGeometry args={[0.26, 0.6, 4]} />
            <meshLambertMaterial color="#ffffff" emissive="#ffffff" emissiveIntensity={0.4} />
          </mesh>
        </group>
      </group>
      <mesh ref={stem} renderOrder={3}>
        <cylinderGeometry args={[0.035, 0.035, 1, 6]} />
        <meshBasicMaterial color={color} transparent opacity={0.7} depthTest={false} />
      </mesh>
      <mesh ref={ring} rotation-x={-Math.PI / 2} renderOrder={3}>
        <ringGeometry args={[0.42, 0.54, 32]} />
        <meshBasicMaterial color={color} transparent opacity={0.75} depthTest={false} />
      </mesh>
      <Footprints player={player} clock={clock} color={color} />
    </>
  );
}

function Footprints({ player, clock, color }: { player: LivePlayer; clock: ServerClock; color: Color }) {
  const mesh = useRef<InstancedMesh>(null);
  const matrix = useMemo(() => new Matrix4(), []);
  useFrame(() => {
    if (!mesh.current) return;
    const now = clock.drawTime(Date.now());
    const shown = player.trail.filter(({ at }) => at <= now && now - at < FOOTPRINT_MS);
    const stride = Math.max(1, Math.ceil(shown.length / FOOTPRINTS));
    let count = 0;
    for (let i = shown.length - 1; i >= 0 && count < FOOTPRINTS; i -= stride) {
      const step = shown[i];
      if (!step) break;
      const size = 1 - (now - step.at) / FOOTPRINT_MS;
      matrix.makeScale(size, size, size).setPosition(step.x, step.y + 0.08, step.z);
      mesh.current.setMatrixAt(count, matrix);
      count += 1;
    }
    mesh.current.count = count;
    mesh.current.instanceMatrix.needsUpdate = true;
  });
  return (
    <instancedMesh ref={mesh} args={[undefined, undefined, FOOTPRINTS]} frustumCulled={false}>
      <sphereGeometry args={[0.1, 8, 6]} />
      <meshBasicMaterial color={color} />
    </instancedMesh>
  );
}
