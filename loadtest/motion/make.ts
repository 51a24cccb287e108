/** `node loadtest/motion/make.ts` writes the corpus, its picture and its table anew; the same bytes each time. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { CLIPS, clip } from './clips.ts';
import { FOLDER, read, write } from './file.ts';
import { picture } from './picture.ts';
import { table } from './table.ts';

mkdirSync(FOLDER, { recursive: true });
const corpus = Object.keys(CLIPS).map((name) => {
  const csv = write(clip(name));
  writeFileSync(new URL(`${name}.csv`, FOLDER), csv);
  return { name, frames: read(csv) };
});
writeFileSync(new URL('./motion.svg', import.meta.url), picture(corpus));
process.stdout.write(`${table(corpus)}\n`);
