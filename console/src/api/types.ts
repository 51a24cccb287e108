/**
 * What the control plane tells the console. The shapes are the ones that its HTTP side makes, so that a field that changes
 * there does not compile here; nothing of it but types is imported.
 */
import type { InstanceView, telemetryView } from '../../../control-plane/src/http/views.ts';

export type Instance = InstanceView;
export type InstanceState = Instance['state'];
export type Telemetry = ReturnType<typeof telemetryView>;

/** A row of the control plane's table of errors, or what the page itself has to say. */
export interface Problem {
  code: string;
  message: string;
  hint?: string;
  status?: number;
}
