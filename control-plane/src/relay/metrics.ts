// The counts of the relays, as Prometheus reads them.
import { countersOf, gaugeOf } from '../metrics.ts';
import type { Relays } from './relays.ts';

export function measureRelays(relays: Relays): void {
  const { counts } = relays;
  gaugeOf('relays', 'Players who are relayed now.', () => relays.open);
  countersOf('relay_packets_total', 'Packets passed on.', 'direction', () => ({
    up: counts.packetsUp,
    down: counts.packetsDown,
  }));
  countersOf('relay_bytes_total', 'Bytes of packets passed on.', 'direction', () => ({
    up: counts.bytesUp,
    down: counts.bytesDown,
  }));
  countersOf(
    'relay_dropped_packets_total',
    'Packets dropped: a player sent too much, a newer one came while the player did not read, the socket failed.',
    'cause',
    () => ({ rate: counts.droppedUp, newer: counts.replacedDown, socket: counts.socketErrors }),
  );
  countersOf('relay_refused_total', 'Players who were not let in.', 'cause', () => counts.refused);
  countersOf('relay_closed_total', 'Relays that were ended from here.', 'cause', () => counts.closed);
}
