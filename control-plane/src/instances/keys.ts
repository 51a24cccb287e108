// An instance's netcode key is derived, never stored: a control plane that comes back after a crash hands every
// running instance the key it had, and no two processes ever share one.
import { hkdfSync } from 'node:crypto';

const INFO = 'otherworld instance key v1';

/** 32 bytes. */
export function instanceKey(masterKey: Uint8Array, uid: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, uid, INFO, 32));
}
