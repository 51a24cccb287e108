/**
 * A clip's file, the simplest there is: CSV, a line of names, then a line for each frame of whole numbers. Places are
 * millimetres; of a rotation (a quaternion of length one whose w is not negative) x, y and z are thousandths.
 */
import type { Quat, Vec3 } from '../../worlds/plaza/vector.ts';
import type { Pose } from './body.ts';

export const FOLDER = new URL('./clips/', import.meta.url);

export const COLUMNS = ['head', 'left', 'right'].flatMap((point) =>
  ['x_mm', 'y_mm', 'z_mm', 'qx', 'qy', 'qz'].map((part) => `${point}_${part}`),
);

export function write(frames: readonly [Pose, Pose, Pose][]): string {
  const rows = frames.map((points) => points.flatMap(numbers).map(thousandths).join(','));
  return `${[COLUMNS.join(','), ...rows].join('\n')}\n`;
}

export function read(csv: string): [Pose, Pose, Pose][] {
  const [names, ...rows] = csv.trimEnd().split('\n');
  if (names !== COLUMNS.join(',')) throw new Error('the first line does not name the columns of a clip');
  return rows.map((row) => {
    const values = row.split(',').map((value) => Number(value) / 1000);
    if (values.length !== COLUMNS.length || values.some(Number.isNaN)) throw new Error(`no frame: ${row}`);
    return [pose(values.slice(0, 6)), pose(values.slice(6, 12)), pose(values.slice(12))];
  });
}

function numbers({ position, rotation: [x, y, z, w] }: Pose): number[] {
  const sign = w < 0 ? -1 : 1;
  return [...position, sign * x, sign * y, sign * z];
}

const thousandths = (value: number): string => String(Math.round(value * 1000) || 0);

function pose(values: number[]): Pose {
  const [x, y, z] = values.slice(3) as Vec3;
  const rotation: Quat = [x, y, z, Math.sqrt(Math.max(0, 1 - x * x - y * y - z * z))];
  return { position: values.slice(0, 3) as Vec3, rotation };
}
