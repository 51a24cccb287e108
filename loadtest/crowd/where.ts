// Which code was measured, and on what.
import os from 'node:os';
import { tryTool } from '../../scripts/bootstrap/tool.mjs';

/** Processors, memory and system. */
export function machine(): string {
  const processors = os.cpus();
  const model = processors[0]?.model.replaceAll(/\s+/g, ' ').trim() || os.arch();
  return `${processors.length} x ${model}; ${Math.round(os.totalmem() / 2 ** 30)} GiB; ${os.type()} ${os.release().split('-')[0]}`;
}

/** The short hash, with a plus when there are changes that are in no commit. */
export async function commitOf(checkout: string, signal: AbortSignal): Promise<string> {
  const git = async (...args: string[]) =>
    (await tryTool('git', ['-C', checkout, ...args], { signal })).output.trim();
  const hash = await git('rev-parse', '--short', 'HEAD').catch(() => '');
  if (hash === '') return 'unknown';
  // What a run itself records is no change of the code.
  const changes = await git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!docs');
  return changes === '' ? hash : `${hash}+`;
}
