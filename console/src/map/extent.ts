/** How many metres must be in sight, and the zoom of an orthographic camera (pixels per metre) that shows them. */
export type Extent = readonly [width: number, height: number];

export function zoomFor([width, height]: Extent, pixelsWide: number, pixelsHigh: number): number {
  return Math.min(pixelsWide / width, pixelsHigh / height);
}
