// The control plane: accounts, worlds and seats for players, and the line to every instance. It may be killed and
// started again at any time; instances dial it again and tell it who is inside.
import { readConfig } from './config.ts';
import { startControlPlane } from './control-plane.ts';
import { startOrExplain } from './env.ts';
import { makeLog } from './log.ts';
import { onStopSignal } from './stop-signal.ts';

await startOrExplain(async () => {
  const config = readConfig(process.env);
  const log = makeLog(config.OTHERWORLD_LOG_LEVEL);
  const { httpPort, grpcPort, metricsPort, close } = await startControlPlane(config, log);
  log.info({ httpPort, grpcPort, metricsPort }, 'control plane listening');
  onStopSignal(log, close);
});
