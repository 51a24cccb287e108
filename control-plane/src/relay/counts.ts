// What the relays of this process have done, counted since its start; `/metrics` shows them.
import type { CloseCause } from './rules.ts';

export interface RelayCounts {
  packetsUp: number;
  bytesUp: number;
  /** Over the player's share. */
  droppedUp: number;
  packetsDown: number;
  bytesDown: number;
  /** By a newer one, because the player's connection was full. */
  replacedDown: number;
  socketErrors: number;
  /** Tickets that named nothing, and upgrades for which there was no room. */
  refused: { ticket: number; full: number };
  closed: Record<CloseCause, number>;
}

export const noCounts = (): RelayCounts => ({
  packetsUp: 0,
  bytesUp: 0,
  droppedUp: 0,
  packetsDown: 0,
  bytesDown: 0,
  replacedDown: 0,
  socketErrors: 0,
  refused: { ticket: 0, full: 0 },
  closed: { restart: 0, fault: 0, silent: 0, replaced: 0, gone: 0, slowReader: 0 },
});
