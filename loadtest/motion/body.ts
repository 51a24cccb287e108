/**
 * From what a performer plans (trunk, gaze, hands, breath) to the three points that a headset tracks, in the player's
 * frame: feet at the origin, −z forward, +x right, +y up, metres, as `netcode/core/src/pose.rs` has them.
 */
import { add, normalize, type Quat, rotate, scale, subtract, type Vec3 } from '../../worlds/plaza/vector.ts';

export type Pose = { position: Vec3; rotation: Quat };

/** What is planned for one moment; hands as if the trunk stood straight, x outwards for both. */
export type Plan = {
  /** x, y, z (metres), yaw to the left, pitch up, roll to the left (radians). */
  trunk: number[];
  /** Yaw, pitch, roll of the head (radians). */
  gaze: number[];
  /** x, y, z (metres), turn of the palm inwards, flexion of the wrist (radians). */
  left: number[];
  right: number[];
};

const PELVIS: Vec3 = [0, 0.95, 0];
const NECK: Vec3 = [0, 1.5, 0.02];
const EYES: Vec3 = [0, 0.12, -0.09];
const SHOULDER: Vec3 = [0.19, 1.42, 0];
const UPPER_AND_FOREARM = 0.7;

/** From a shoulder to the grip of a stretched arm (unit: metres), and where stretching begins to be felt. */
export const REACH = 0.68;
const COMFORT = 0.58;

/** Head, left hand, right hand. */
export function points({ trunk, gaze, left, right }: Plan): [Pose, Pose, Pose] {
  const turn = rotation(trunk.slice(3));
  const stand = (p: Vec3): Vec3 =>
    add(add(PELVIS, rotate(turn, subtract(p, PELVIS))), trunk.slice(0, 3) as Vec3);
  const head = rotation(gaze);
  return [
    { position: add(stand(NECK), rotate(head, EYES)), rotation: head },
    hand(left, -1, stand),
    hand(right, 1, stand),
  ];
}

/** Where a shoulder is, for those who check the reach. */
export function shoulder(trunk: number[], side: 1 | -1): Vec3 {
  const turned = rotate(rotation(trunk.slice(3)), subtract(mirror(SHOULDER, side), PELVIS));
  return add(add(PELVIS, turned), trunk.slice(0, 3) as Vec3);
}

function hand(plan: number[], side: 1 | -1, stand: (p: Vec3) => Vec3): Pose {
  const root = stand(mirror(SHOULDER, side));
  const wanted = stand(mirror(plan.slice(0, 3) as Vec3, side));
  const arm = subtract(wanted, root);
  const position = add(root, scale(arm, within(length(arm)) / length(arm)));
  const elbow = bend(root, position, side);
  const along = facing(normalize<Vec3>(subtract(position, elbow)));
  const [palm, wrist] = plan.slice(3) as [number, number];
  return { position, rotation: multiply(along, rotation([0, wrist, palm * side])) };
}

/** The arm grows stiff towards its full length instead of stopping there. */
function within(distance: number): number {
  const over = (distance - COMFORT) / (REACH - COMFORT);
  return over <= 0 ? distance : COMFORT + ((REACH - COMFORT) * over) / (1 + over);
}

/** Elbows hang down and a little outwards. */
function bend(root: Vec3, grip: Vec3, side: 1 | -1): Vec3 {
  const half = length(subtract(grip, root)) / 2;
  const away = Math.sqrt(Math.max(0, (UPPER_AND_FOREARM / 2) ** 2 - half ** 2));
  const out = normalize<Vec3>([0.45 * side, -1, 0.25]);
  return add(scale(add(root, grip), 0.5), scale(out, away));
}

/** Yaw about +y, then pitch about x, then roll about z (unit: radians); yaw and pitch turn −z left and up. */
export function rotation([yaw = 0, pitch = 0, roll = 0]: number[]): Quat {
  const half = (angle: number) => [Math.sin(angle / 2), Math.cos(angle / 2)] as const;
  const [[sy, cy], [sp, cp], [sr, cr]] = [half(yaw), half(pitch), half(roll)];
  return multiply(multiply([0, sy, 0, cy], [sp, 0, 0, cp]), [0, 0, sr, cr]);
}

/** Turns −z to a direction with the least roll. */
function facing([x, y, z]: Vec3): Quat {
  return rotation([Math.atan2(-x, -z), Math.asin(Math.min(1, Math.max(-1, y))), 0]);
}

function multiply([x, y, z, w]: Quat, [a, b, c, d]: Quat): Quat {
  return [
    w * a + x * d + y * c - z * b,
    w * b - x * c + y * d + z * a,
    w * c + x * b - y * a + z * d,
    w * d - x * a - y * b - z * c,
  ];
}

const mirror = ([x, y, z]: Vec3, side: 1 | -1): Vec3 => [x * side, y, z];
const length = (v: Vec3) => Math.sqrt(v[0] ** 2 + v[1] ** 2 + v[2] ** 2);
