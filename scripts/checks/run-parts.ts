// Runs the parts one after the other; they share the machine's few cores, and a test that waits for the clock wants them.
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { checkoutRoot } from '../bootstrap/places.mjs';
import { explain } from '../bootstrap/problem.mjs';
import type { Run } from '../lib/launcher.ts';
import { setUpApiTypes } from '../setup/api-types.ts';
import { setUp } from '../setup/flow.ts';
import { setUpPrisma } from '../setup/prisma.ts';
import { setUpProto } from '../setup/proto.ts';
import { createChecks, type Part } from './part.ts';
import type { Tally } from './tally.ts';

/** All parts together must end within this (unit: minutes). */
export const TOTAL_BUDGET = 75;

export type PartResult = { part: Part; tally: Tally; minutes: number };
export type Report = {
  results: PartResult[];
  passed: number;
  failed: number;
  minutes: number;
  late: boolean;
};

export const logs: string = path.join(checkoutRoot, '.otherworld/test');

export async function runParts(run: Run, parts: readonly Part[]): Promise<Report> {
  await rm(logs, { recursive: true, force: true });
  await mkdir(logs, { recursive: true });
  const started = Date.now();
  await setUpProto(run);
  await setUpPrisma(run);
  await setUpApiTypes(run);
  const system = once(() => setUp(run));
  const results: PartResult[] = [];
  for (const part of parts) results.push(await runPart(run, part, system));
  const minutes = (Date.now() - started) / 60_000;
  const total = (key: keyof Tally) => results.reduce((count, { tally }) => count + tally[key], 0);
  return { results, passed: total('passed'), failed: total('failed'), minutes, late: minutes > TOTAL_BUDGET };
}

async function runPart(run: Run, part: Part, system: () => ReturnType<typeof setUp>): Promise<PartResult> {
  const started = Date.now();
  const tally = await run.step(`Test: ${part.about}`, async (step) => {
    const checks = createChecks(run, step, path.join(logs, `${part.name}.log`), system);
    await part.check(checks).catch((error) => {
      run.signal.throwIfAborted();
      checks.fail(part.name, explain(error));
    });
    const { passed, failed } = checks.tally();
    step.report(failed > 0 ? `${passed} passed, ${failed} failed` : `${passed} passed`);
    return checks.tally();
  });
  return { part, tally, minutes: (Date.now() - started) / 60_000 };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
