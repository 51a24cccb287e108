// The set-up in order. What does not wait for each other runs side by side: downloads wait for the network, cargo for the cores.
import type { Run } from '../lib/launcher.ts';
import { setUpConsole } from './console.ts';
import { setUpGodot } from './godot.ts';
import { setUpPrisma } from './prisma.ts';
import { setUpProject } from './project.ts';
import { setUpProto } from './proto.ts';
import { setUpRedis } from './redis.ts';
import { type Netcode, setUpNetcode } from './rust.ts';
import { setUpWorlds } from './worlds.ts';

/** What a running system is made of. */
export type Parts = {
  godot: string;
  redis: string;
  netcode: Netcode;
  consoleDir: string;
  worldsDir: string;
};

export async function setUp(run: Run): Promise<Parts> {
  const [[netcode], [godot, redis], [consoleDir, worldsDir]] = await Promise.all([
    inOrder(() => setUpNetcodeAndProject(run)),
    inOrder(
      () => setUpGodot(run),
      () => setUpRedis(run),
    ),
    Promise.all([setUpProto(run), setUpPrisma(run)]).then(() =>
      Promise.all([setUpConsole(run), setUpWorlds(run)]),
    ),
  ]);
  return { godot, redis, netcode, consoleDir, worldsDir };
}

async function setUpNetcodeAndProject(run: Run): Promise<Netcode> {
  const netcode = await setUpNetcode(run);
  await setUpProject(run, netcode.library);
  return netcode;
}

async function inOrder<T extends readonly (() => Promise<unknown>)[]>(
  ...steps: T
): Promise<{ [I in keyof T]: Awaited<ReturnType<T[I]>> }> {
  const results: unknown[] = [];
  for (const step of steps) results.push(await step());
  return results as { [I in keyof T]: Awaited<ReturnType<T[I]>> };
}
