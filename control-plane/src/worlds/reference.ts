// A world as it is named to instances and clients: they fetch its scene from us and compare the hash.
import type { WorldRef } from '../instances/instance.ts';

export function worldRef({ id, sha256 }: { id: string; sha256: string }, publicUrl: string): WorldRef {
  return { id, sha256, url: `${publicUrl}/worlds/${sha256}.glb` };
}
