/** Buttons for what else needs a mouse: zoom, turn, and back to the whole plaza. */
import type { OrbitControls } from '@react-three/drei';
import type { ComponentRef, RefObject } from 'react';
import { type OrthographicCamera, Spherical, Vector3 } from 'three';
import { type Extent, zoomFor } from './extent.ts';

interface Props {
  controls: RefObject<ComponentRef<typeof OrbitControls> | null>;
  /** What must be in sight when the whole world is shown. */
  whole: Extent;
  onReset: () => void;
}

const EIGHTH = Math.PI / 4;

export function MapTools({ controls, whole, onReset }: Props) {
  const change =
    (make: (camera: OrthographicCamera, orbit: NonNullable<typeof controls.current>) => void) => () => {
      const orbit = controls.current;
      if (!orbit) return;
      const camera = orbit.object as OrthographicCamera;
      make(camera, orbit);
      camera.updateProjectionMatrix();
      orbit.update();
    };
  const zoom = (factor: number) =>
    change((camera) => {
      camera.zoom *= factor;
    });
  const turn = (angle: number) =>
    change((camera, orbit) => {
      const arm = new Spherical().setFromVector3(camera.position.clone().sub(orbit.target));
      arm.theta += angle;
      camera.position.copy(orbit.target).add(new Vector3().setFromSpherical(arm));
    });
  const reset = change((camera, orbit) => {
    onReset();
    camera.position.sub(orbit.target);
    orbit.target.set(0, 0, 0);
    camera.zoom = zoomFor(whole, orbit.domElement?.clientWidth ?? 1, orbit.domElement?.clientHeight ?? 1);
  });
  return (
    <div className="map-tools" role="toolbar" aria-label="Map">
      <button type="button" onClick={zoom(1.4)} aria-label="Zoom in">
        +
      </button>
      <button type="button" onClick={zoom(1 / 1.4)} aria-label="Zoom out">
        −
      </button>
      <button type="button" onClick={turn(EIGHTH)} aria-label="Turn left">
        ↺
      </button>
      <button type="button" onClick={turn(-EIGHTH)} aria-label="Turn right">
        ↻
      </button>
      <button type="button" onClick={reset} aria-label="Show the whole world">
        ⌂
      </button>
    </div>
  );
}
