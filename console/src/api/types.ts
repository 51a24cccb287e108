/** What the control plane tells the console, in the words of its OpenAPI document. */
import type { components } from './gen/openapi.d.ts';

type Schemas = components['schemas'];

export type Instance = Schemas['Instance'];
export type InstanceState = Instance['state'];
export type Telemetry = Schemas['Telemetry'];

/** A row of the control plane's table of errors, or what the page itself has to say. */
export interface Problem {
  code: string;
  message: string;
  hint?: string;
  status?: number;
}
