// Where instances come from. Two implementations under one contract suite: the local supervisor's processes
// (`local/provider.ts`) and, with issue 3 of the plan, Agones on Kubernetes (GameServerAllocation, a watch of
// GameServers, Fleet scale, TokenReview). Nothing above this interface knows which one it speaks to.
import type { GameServerView } from './game-server.ts';

export interface Selector {
  /** All of these labels with these values. */
  readonly matchLabels?: Readonly<Record<string, string>>;
}

export interface Identity {
  readonly name: string;
  readonly uid: string;
}

export interface FleetProvider {
  list(): Promise<readonly GameServerView[]>;
  /** The whole fleet at once and again after each change, until the signal; outlives the provider's restarts. */
  watch(signal: AbortSignal): AsyncIterable<readonly GameServerView[]>;
  /** Turns a Ready GameServer into an Allocated one: one that the first selector matches, else the second, and so on. */
  allocate(selectors: readonly Selector[]): Promise<GameServerView | undefined>;
  scale(replicas: number): Promise<void>;
  /** Whose credential is it? Undefined when nobody's. */
  identify(credential: string): Promise<Identity | undefined>;
  /** Ends one GameServer, whatever its state; false when there is none of that name. */
  remove(name: string): Promise<boolean>;
}

/** The provider did not answer, or not in time. */
export class FleetUnavailable extends Error {}
