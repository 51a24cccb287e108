// Opening another instance: the fleet makes one of its Ready ones Allocated. Newcomers who need one at the same
// time share it.
import type { FleetProvider } from '../fleet/provider.ts';
import type { Directory, InstanceEntry } from '../instances/directory.ts';
import type { InstanceRegistry } from '../instances/registry.ts';

export class Opener {
  readonly #fleet: FleetProvider;
  readonly #registry: InstanceRegistry;
  readonly #directory: Directory;
  #opening: Promise<boolean> | undefined;

  constructor(fleet: FleetProvider, registry: InstanceRegistry, directory: Directory) {
    this.#fleet = fleet;
    this.#registry = registry;
    this.#directory = directory;
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
    if (!(await this.#directory.all()).some(isWaiting)) return false;
    const gameServer = await this.#fleet.allocate([]);
    if (gameServer === undefined) return false;
    this.#registry.observe(gameServer);
    return true;
  }
}

const isWaiting = ({ state, listening }: InstanceEntry) => state === 'Ready' && listening;
