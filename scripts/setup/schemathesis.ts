// schemathesis, a Python package that makes requests, good and bad, from an OpenAPI document.
import type { Run } from '../lib/launcher.ts';
import { type PythonPackages, pythonPackages } from './python.ts';

export function setUpSchemathesis(run: Run): Promise<PythonPackages> {
  return run.step('schemathesis', (step) => pythonPackages(run, step, 'schemathesis'));
}
