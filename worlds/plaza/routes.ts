/**
 * Ways that bots walk in the plaza, as [x, z] waypoints in metres; the layout keeps them free of everything that it
 * scatters. Both are loops: after the last waypoint the first one follows.
 */
export type Route = readonly (readonly [x: number, z: number])[];

/** Up the western flight of `stairs_a`, over its platform, down the eastern flight and back on the ground. */
export const STAIRS_ROUTE: Route = [
  [3.6, 1],
  [9.3, 1],
  [15, 1],
  [15.6, -1.6],
  [9.3, -1.9],
  [3.6, -1.6],
];

/** Once around the box field, on the ground. */
export const WANDER_ROUTE: Route = [
  [0, -3.6],
  [15.8, -3.6],
  [15.8, -19.4],
  [-17, -19.4],
  [-17, -3.6],
];

export const ROUTES = { stairs: STAIRS_ROUTE, wander: WANDER_ROUTE } as const;
