// The supervisor: starts, watches, replaces and scales Godot processes on this machine, and gives each the SDK
// that Agones would give it. `npm start` runs it beside the control plane; when it dies, its instances die with
// it.
import { join } from 'node:path';
import { pino } from 'pino';
import { startOrExplain } from '../../env.ts';
import { onStopSignal } from '../../stop-signal.ts';
import { readConfig } from './config.ts';
import { startSupervisor } from './supervisor.ts';

await startOrExplain(async () => {
  const config = readConfig(process.env);
  const log = pino({ name: 'fleet', level: config.OTHERWORLD_LOG_LEVEL });
  const supervisor = await startSupervisor(config, log);
  log.info({ port: supervisor.port, data: join(config.OTHERWORLD_DATA) }, 'supervisor listening');
  onStopSignal(log, () => supervisor.close());
});
