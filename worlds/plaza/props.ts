/** What bodies, chairs and the reference frame look like; shared meshes about the origin of their node. */
import { BODIES, CUP_RADIUS } from './layout.ts';
import { ball, box, join, lathe, place, type Rgb, type Surface } from './surface.ts';
import { IDENTITY, type Vec3 } from './vector.ts';

const CREAM: Rgb = [0.86, 0.82, 0.74];

export const props: Record<
  'ball' | 'bigBall' | 'crate' | 'heavyCrate' | 'cup' | 'chair' | 'marker' | 'quad',
  () => Surface
> = {
  ball: () => ball(BODIES.ball.half, CREAM, [0.78, 0.2, 0.1]),
  bigBall: () => ball(BODIES.bigBall.half, CREAM, [0.08, 0.3, 0.55]),
  crate: () => crate(BODIES.crate.half, [0.52, 0.33, 0.15], [0.38, 0.22, 0.09]),
  heavyCrate: () => crate(BODIES.heavyCrate.half, [0.25, 0.29, 0.32], [0.13, 0.15, 0.17]),
  cup,
  chair,
  marker: () =>
    lathe(
      [
        [0, 0],
        [0.14, 0.3],
        [0, 0.9],
      ],
      8,
      () => [1, 0.55, 0.06],
    ),
  quad: () =>
    join(
      bar(-0.95, 0, 0.1, 2),
      bar(0.95, 0, 0.1, 2),
      bar(0, -0.95, 1.8, 0.1),
      bar(0, 0.95, 1.8, 0.1),
      bar(0, 0, 1.8, 1.8),
    ),
};

/** Panels set back from a frame of twelve bars. */
function crate(half: number, panel: Rgb, frame: Rgb): Surface {
  const [edge, thick] = [half * 2, half * 0.22];
  const at = half - thick / 2;
  const bars = [-at, at].flatMap((a) =>
    [-at, at].flatMap((b) => [
      place(box([edge, thick, thick], frame), [0, a, b], IDENTITY),
      place(box([thick, edge, thick], frame), [a, 0, b], IDENTITY),
      place(box([thick, thick, edge], frame), [a, b, 0], IDENTITY),
    ]),
  );
  const inner = edge - thick * 0.7;
  return join(box([inner, inner, inner], panel), ...bars);
}

function cup(): Surface {
  const { half } = BODIES.cup;
  const profile: [number, number][] = [
    [0, -half],
    [CUP_RADIUS * 0.7, -half],
    [CUP_RADIUS, -half * 0.4],
    [CUP_RADIUS, half],
    [CUP_RADIUS * 0.85, half],
    [CUP_RADIUS * 0.85, -half * 0.3],
    [0, -half * 0.7],
  ];
  const handle = [
    place(box([0.05, 0.025, 0.03], [0.75, 0.8, 0.82]), [CUP_RADIUS + 0.02, 0.05, 0], IDENTITY),
    place(box([0.02, 0.1, 0.03], [0.75, 0.8, 0.82]), [CUP_RADIUS + 0.04, 0.0125, 0], IDENTITY),
  ];
  return join(
    lathe(profile, 16, (_, ring) => (ring === 2 ? [0.16, 0.42, 0.44] : [0.75, 0.8, 0.82])),
    ...handle,
  );
}

/** Solid parts of a chair, feet at the origin, looking to −z; collided with as two boxes. */
export const CHAIR_PARTS: { part: 'seat' | 'back'; at: Vec3; size: Vec3 }[] = [
  { part: 'seat', at: [0, 0.225, 0], size: [0.5, 0.45, 0.5] },
  { part: 'back', at: [0, 0.7, 0.225], size: [0.5, 0.5, 0.05] },
];

function chair(): Surface {
  const wood: Rgb = [0.4, 0.22, 0.1];
  const legs = [-0.22, 0.22].flatMap((x) =>
    [-0.22, 0.22].map((z) => place(box([0.05, 0.4, 0.05], wood), [x, 0.2, z], IDENTITY)),
  );
  const seat = place(box([0.5, 0.05, 0.5], [0.16, 0.42, 0.44]), [0, 0.425, 0], IDENTITY);
  const back = place(box([0.5, 0.5, 0.05], wood), [0, 0.7, 0.225], IDENTITY);
  return join(...legs, seat, back);
}

function bar(x: number, z: number, width: number, depth: number): Surface {
  const inner = width > 1 && depth > 1;
  return place(box([width, 0.004, depth], inner ? [0.1, 0.16, 0.2] : [1, 0.55, 0.06]), [x, 0, z], IDENTITY);
}
