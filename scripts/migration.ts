// `npm run migration -- NAME`: writes the step that leads databases to what prisma/schema.prisma has become.
import path from 'node:path';
import { readOptions } from './bootstrap/options.mjs';
import { checkoutRoot } from './bootstrap/places.mjs';
import { launched } from './lib/launcher.ts';
import { writeMigration } from './migration/write.ts';

await launched(async (run) => {
  const { name } = readOptions(process.argv.slice(2));
  const file = await writeMigration(name, new Date());
  run.print(
    file === undefined
      ? 'The migrations lead to prisma/schema.prisma as it is: there is nothing to do.'
      : `Read and correct ${path.relative(checkoutRoot, file)}: a column whose type changes is dropped and made anew. Then run npm run test:fast.`,
  );
  return 0;
});
