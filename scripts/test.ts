// `npm test` under Node 24: the parts in order, each timed against its budget, and one table at the end.
import { readOptions } from './bootstrap/options.mjs';
import { selectParts } from './checks/parts.ts';
import { runParts } from './checks/run-parts.ts';
import { summary } from './checks/summary.ts';
import { launched } from './lib/launcher.ts';

await launched(async (run) => {
  const options = readOptions(process.argv.slice(2));
  const report = await runParts(run, selectParts(options));
  for (const line of summary(report)) run.print(line);
  return report.failed > 0 || report.late ? 1 : 0;
});
