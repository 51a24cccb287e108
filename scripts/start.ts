// `npm start` under Node 24: set up, then run the whole system until it is asked to stop.
import { lockData } from './bootstrap/data-lock.mjs';
import { readOptions } from './bootstrap/options.mjs';
import { launched } from './lib/launcher.ts';
import { planAddresses, requirePorts } from './run/addresses.ts';
import { runSystem } from './run/system.ts';
import { setUp } from './setup/flow.ts';

await launched(async (run) => {
  const options = readOptions(process.argv.slice(2));
  const addresses = planAddresses(options);
  await lockData(options.data, { url: addresses.web.url });
  await requirePorts(addresses);
  return runSystem(run, options, addresses, await setUp(run));
});
