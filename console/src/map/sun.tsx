/**
 * Light of the map: a high sun with soft shadows, so that heights are read; cooler and dimmer in dark mode.
 *
 * Shadows are drawn anew in each third frame: things move slowly on a map, and on software GL a shadow pass costs as much as
 * the picture (6 frames a second with it in every frame, 12 without; 1440 × 900 on SwiftShader, two busy cores).
 */
import { useFrame, useThree } from '@react-three/fiber';
import { useEffect, useRef } from 'react';

const SHADOW_FRAMES = 3;

export function Sun({ isDark }: { isDark: boolean }) {
  const { shadowMap } = useThree(({ gl }) => gl);
  const frame = useRef(0);
  useEffect(() => {
    shadowMap.autoUpdate = false;
  }, [shadowMap]);
  useFrame(() => {
    shadowMap.needsUpdate ||= frame.current % SHADOW_FRAMES === 0;
    frame.current += 1;
  });
  return (
    <>
      <hemisphereLight args={isDark ? ['#a9c4dc', '#2a2320', 1.25] : ['#ffffff', '#8d7f6d', 1.9]} />
      <directionalLight
        position={[-28, 55, 22]}
        intensity={isDark ? 2 : 2.4}
        color={isDark ? '#ffe3c2' : '#fff3e0'}
        castShadow
        shadow-mapSize={[2048, 2048]}
        shadow-camera-left={-46}
        shadow-camera-right={46}
        shadow-camera-top={46}
        shadow-camera-bottom={-46}
        shadow-camera-near={1}
        shadow-camera-far={140}
        shadow-bias={-0.0006}
        shadow-normalBias={0.05}
      />
    </>
  );
}
