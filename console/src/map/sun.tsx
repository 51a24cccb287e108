/** Light of the map: a high sun with soft shadows, so that heights are read; cooler and dimmer in dark mode. */
export function Sun({ isDark }: { isDark: boolean }) {
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
