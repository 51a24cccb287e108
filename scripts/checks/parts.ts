// The parts of `npm test` in their order: what fails soonest comes first.
import type { Options } from '../bootstrap/options.mjs';
import { Problem } from '../bootstrap/problem.mjs';
import { e2e } from './e2e.ts';
import { faults } from './faults.ts';
import { format } from './format.ts';
import { godot } from './godot.ts';
import type { Part } from './part.ts';
import { plane } from './plane.ts';
import { rust } from './rust.ts';
import { types } from './types.ts';
import { typescript } from './typescript.ts';
import { wasm } from './wasm.ts';

const PARTS: readonly Part[] = [format, types, rust, typescript, plane, wasm, godot, e2e, faults];

export function selectParts({ fast, parts }: Options): Part[] {
  const unknown = parts.find((name) => !PARTS.some((part) => part.name === name));
  if (unknown)
    throw new Problem(
      `There is no part “${unknown}”`,
      `name some of ${PARTS.map(({ name }) => name).join(', ')}`,
    );
  if (parts.length > 0) return PARTS.filter(({ name }) => parts.includes(name));
  return PARTS.filter((part) => part.fast || !fast);
}
