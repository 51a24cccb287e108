// A world as it is named to instances and clients: they fetch it from us and compare the hash.
import type { WorldRef } from '../instances/instance.ts';
import type { World } from './catalog.ts';

export function worldRef({ id, sha256 }: Pick<World, 'id' | 'sha256'>, publicUrl: string): WorldRef {
  return { id, sha256, url: `${publicUrl}/worlds/${sha256}.glb` };
}
