// `npm run crowd` under Node 24: a private system with a recording instance, a crowd of bots in it, and what came of it.
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { recordRows } from '../loadtest/benchmarks.ts';
import { compare } from '../loadtest/compare.ts';
import { type Played, play } from '../loadtest/crowd/flow.ts';
import { type CrowdOptions, readCrowdOptions } from '../loadtest/crowd/options.ts';
import { commitOf, machine } from '../loadtest/crowd/where.ts';
import { makeReport } from '../loadtest/report.ts';
import { cast } from '../loadtest/scenarios/cast.ts';
import { summaryOf } from '../loadtest/summary.ts';
import { lockData } from './bootstrap/data-lock.mjs';
import { readOptions } from './bootstrap/options.mjs';
import { checkoutRoot } from './bootstrap/places.mjs';
import { freePorts } from './lib/free-ports.ts';
import { launched, type Run } from './lib/launcher.ts';
import { planAddresses, requirePorts } from './run/addresses.ts';
import { runSystem } from './run/system.ts';
import { setUp } from './setup/flow.ts';

await launched(async (run) => {
  const options = readCrowdOptions(process.argv.slice(3));
  const folder = await mkdtemp(path.join(os.tmpdir(), 'otherworld-crowd-'));
  try {
    return await crowd(run, options, folder);
  } finally {
    const logs = path.join(folder, 'data/logs');
    await cp(logs, path.join(options.report, 'logs'), { recursive: true }).catch(() => {}); // it may have ended before
    await rm(folder, { recursive: true, force: true });
  }
});

async function crowd(run: Run, options: CrowdOptions, folder: string): Promise<number> {
  const { conditions, report: reportFolder } = options;
  await mkdir(reportFolder, { recursive: true });
  const files = options.keep ? reportFolder : folder;
  const [truthPath, viewsPath] = [path.join(files, 'truth.bin'), path.join(files, 'views.bin')];
  const played = await playOnSystem(run, options, path.join(folder, 'data'), truthPath, viewsPath);
  const comparison = await run.step('Compare', async () => compare(truthPath, viewsPath, played));
  const report = makeReport({
    ...played,
    comparison,
    conditions,
    commit: await commitOf(checkoutRoot, run.signal),
    machine: machine(),
  });
  const file = path.join(reportFolder, 'report.json');
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  if (options.record) recordRows(path.join(checkoutRoot, 'docs/benchmarks.csv'), report);
  run.print(`${summaryOf(report)}\n  ${file}\n`);
  return report.failures.length === 0 ? 0 : 1;
}

async function playOnSystem(
  run: Run,
  { conditions, port, seed }: CrowdOptions,
  data: string,
  truthPath: string,
  viewsPath: string,
): Promise<Played> {
  const parts = await setUp(run);
  // Only the instance reads it; its environment is ours.
  process.env.OTHERWORLD_RECORD = truthPath;
  const options = { ...readOptions(['start', '--port', String(port ?? (await freePorts()))]), data };
  const addresses = planAddresses(options);
  await mkdir(data, { recursive: true });
  const release = await lockData(data, { url: addresses.web.url });
  await requirePorts(addresses);
  let played: Played | undefined;
  const stage = {
    run,
    conditions,
    cast: cast(conditions.crowd, conditions.bots, seed),
    netcode: parts.netcode,
    web: addresses.web,
    views: { path: viewsPath, every_s: conditions.viewsEveryS },
  };
  await runSystem(run, options, addresses, parts, async (running) => {
    played = await play(stage, running);
  });
  await release();
  if (!played) throw new Error('nothing was played');
  return played;
}
