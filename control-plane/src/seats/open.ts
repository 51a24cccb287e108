// Opening another instance: the fleet makes one of its Ready ones Allocated. Newcomers who need one at the same
// time share it.
import type { FleetProvider } from '../fleet/provider.ts';
import type { Instance } from '../instances/instance.ts';
import type { InstanceRegistry } from '../instances/registry.ts';

export class Opener {
  readonly #fleet: FleetProvider;
  readonly #registry: InstanceRegistry;
  #opening: Promise<boolean> | undefined;

  constructor(fleet: FleetProvider, registry: InstanceRegistry) {
    this.#fleet = fleet;
    this.#registry = registry;
  }

  /** False when the fleet has none to give. */
  open(): Promise<boolean> {
    this.#opening ??= this.#allocate().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #allocate(): Promise<boolean> {
    // A Ready one that has no line to us yet (we have just been restarted) would be Allocated in vain.
    if (!this.#registry.all().some(isWaiting)) return false;
    const gameServer = await this.#fleet.allocate([]);
    if (gameServer === undefined) return false;
    this.#registry.observe(gameServer);
    return true;
  }
}

function isWaiting({ gameServer, link }: Instance): boolean {
  return gameServer?.state === 'Ready' && link.state === 'listening';
}
