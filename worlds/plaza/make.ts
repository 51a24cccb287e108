/** `node worlds/plaza/make.ts OUT.glb` writes the plaza; the same bytes each time. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toGlb } from './glb.ts';
import { plaza } from './plaza.ts';

const [out] = process.argv.slice(2);
if (!out) {
  console.error('usage: node worlds/plaza/make.ts OUT.glb');
  process.exit(2);
}
const glb = await toGlb(plaza());
await mkdir(dirname(out), { recursive: true });
await writeFile(out, glb);
