/** A name plate over the map's canvas, moved with a point of the scene; plain DOM, because it moves at every frame. */
import { useFrame, useThree } from '@react-three/fiber';
import { type RefObject, useEffect, useMemo } from 'react';
import { type Object3D, Vector3 } from 'three';

/** Pixels per metre from which a crowd's names have room. */
const NEAR = 14;

interface Plate {
  anchor: RefObject<Object3D | null>;
  /** Metres above the anchor. */
  above: number;
  name: string;
  isMarked: boolean;
  /** Among so many that names would cover the map: shown only from near, or when marked. */
  isInCrowd: boolean;
  /** Second word on the plate, read at every frame. */
  tell: () => string;
}

export function useNamePlate({ anchor, above, name, isMarked, isInCrowd, tell }: Plate): void {
  const canvas = useThree(({ gl }) => gl.domElement);
  const plate = useMemo(makePlate, []);
  const point = useMemo(() => new Vector3(), []);

  useEffect(() => {
    canvas.parentElement?.append(plate.root);
    return () => plate.root.remove();
  }, [canvas, plate]);

  useEffect(() => {
    plate.name.textContent = name;
    plate.root.toggleAttribute('data-followed', isMarked);
  }, [plate, name, isMarked]);

  useFrame(({ camera, size }) => {
    const isShown = isMarked || !isInCrowd || camera.zoom >= NEAR;
    plate.root.hidden = !isShown;
    if (!anchor.current || !isShown) return;
    point
      .copy(anchor.current.position)
      .setY(anchor.current.position.y + above)
      .project(camera);
    const x = ((point.x + 1) / 2) * size.width;
    const y = ((1 - point.y) / 2) * size.height;
    plate.root.style.transform = `translate(-50%, -100%) translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    const text = tell();
    if (plate.detail.textContent !== text) plate.detail.textContent = text;
  });
}

function makePlate() {
  const [root, name, detail] = [
    document.createElement('span'),
    document.createElement('b'),
    document.createElement('span'),
  ];
  root.className = 'plate';
  root.ariaHidden = 'true';
  root.append(name, ' ', detail);
  return { root, name, detail };
}
