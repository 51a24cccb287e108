/** All bodies of one kind in one draw; those not heard of yet lie where the world's file puts them. */
import { useFrame } from '@react-three/fiber';
import { useLayoutEffect, useMemo, useRef } from 'react';
import { type InstancedMesh, Matrix4, Quaternion, Vector3 } from 'three';
import type { LiveWorld } from './live-world.ts';
import type { BodyGroup } from './world-model.ts';

const ONE = new Vector3(1, 1, 1);

export function Bodies({ group, world }: { group: BodyGroup; world: LiveWorld }) {
  const mesh = useRef<InstancedMesh>(null);
  const scratch = useMemo(
    () => ({ matrix: new Matrix4(), place: new Vector3(), turn: new Quaternion() }),
    [],
  );

  useLayoutEffect(() => {
    for (const [i, { rest }] of group.bodies.entries()) mesh.current?.setMatrixAt(i, rest);
  }, [group]);

  useFrame(() => {
    if (!mesh.current || world.bodies.size === 0) return;
    const time = world.clock.drawTime(Date.now());
    for (const [i, { entity }] of group.bodies.entries()) {
      const pose = world.bodies.get(entity)?.at(time);
      if (!pose) continue;
      scratch.place.set(pose.x, pose.y, pose.z);
      scratch.turn.set(pose.qx, pose.qy, pose.qz, pose.qw);
      mesh.current.setMatrixAt(i, scratch.matrix.compose(scratch.place, scratch.turn, ONE));
    }
    mesh.current.instanceMatrix.needsUpdate = true;
  });

  return (
    <instancedMesh
      ref={mesh}
      args={[group.geometry, undefined, group.bodies.length]}
      castShadow
      receiveShadow
      frustumCulled={false}
    >
      <meshLambertMaterial vertexColors />
    </instancedMesh>
  );
}
