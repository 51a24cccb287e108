// One player's relay: a WebSocket on one side, a UDP socket that knows only the player's instance on the other. A message is a
// packet. The packets are sealed end to end; what is lost, doubled or invented here the two ends notice and mend, so the
// relay drops rather than queues.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { TokenBucket } from '../gateway/token-bucket.ts';
import type { RelayCounts } from './counts.ts';
import { CLOSE, type CloseCause, MAX_PACKET_BYTES, type RelayRules } from './rules.ts';
import type { RelayClaim } from './ticket.ts';

const BINARY = { binary: true, compress: false };
/** What the kernel says of an address that nobody listens at. */
const NOBODY = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN']);

const now = () => performance.now();

export class Relay {
  readonly claim: RelayClaim;
  readonly #socket: WebSocket;
  readonly #udp: UdpSocket;
  readonly #rules: RelayRules;
  readonly #counts: RelayCounts;
  readonly #packets: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #onEnd: (relay: Relay) => void;
  /** One for all packets: each send would allocate its own. */
  readonly #sent = () => this.#flush();
  #waiting: Buffer | undefined;
  #stalledAtMs: number | undefined;
  #playerAtMs = now();
  #instanceAtMs = now();
  #connected = false;
  #open = true;

  constructor(
    socket: WebSocket,
    claim: RelayClaim,
    rules: RelayRules,
    counts: RelayCounts,
    onEnd: (relay: Relay) => void,
  ) {
    this.claim = claim;
    this.#socket = socket;
    this.#rules = rules;
    this.#counts = counts;
    this.#onEnd = onEnd;
    this.#packets = new TokenBucket(rules.packets, now());
    this.#bytes = new TokenBucket(rules.bytes, now());
    this.#udp = createSocket(isIPv6(claim.address) ? 'udp6' : 'udp4');
    this.#listen();
    // What the player says before the instance's socket is there waits in the player's.
    socket.pause();
    this.#udp.connect(claim.port, claim.address, (error?: Error) => {
      if (error) this.#failed(error);
      else if (this.#open) this.#begin();
    });
  }

  /** To be called now and then: ends what nobody uses. */
  watch(nowMs: number): void {
    const { stalledMs, silentMs } = this.#rules;
    if (this.#stalledAtMs !== undefined && nowMs - this.#stalledAtMs > stalledMs)
      this.close('slowReader', 'you do not read what you are sent');
    else if (nowMs - this.#playerAtMs > silentMs) this.close('silent', 'nothing was heard of you');
    else if (nowMs - this.#instanceAtMs > silentMs) this.close('gone', 'the instance does not answer');
  }

  /** Says why, as far as the player reads it, and is gone soon after. */
  close(cause: CloseCause, reason: string): void {
    if (!this.#end()) return;
    this.#counts.closed[cause]++;
    this.#socket.resume(); // paused, it would not hear the answer to its close
    this.#socket.close(CLOSE[cause], reason);
    const cut = setTimeout(() => this.#socket.terminate(), this.#rules.closeMs);
    this.#socket.once('close', () => clearTimeout(cut));
  }

  #begin(): void {
    this.#connected = true;
    this.#socket.resume();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('message', (data, isBinary) => this.#fromPlayer(data, isBinary));
    socket.on('error', () => {}); // bad frames and resets: `close` follows
    socket.on('close', () => this.#end());
    this.#udp.on('message', (packet) => this.#fromInstance(packet));
    this.#udp.on('error', (error) => this.#failed(error));
  }

  #fromPlayer(data: RawData, isBinary: boolean): void {
    if (!this.#open) return;
    const packet = data as Buffer; // ws gives Buffers unless told otherwise
    const fault = faultOf(packet, isBinary);
    if (fault !== undefined) {
      this.close('fault', fault);
      return;
    }
    const nowMs = now();
    this.#playerAtMs = nowMs;
    if (!this.#packets.take(nowMs) || !this.#bytes.take(nowMs, packet.length)) {
      this.#counts.droppedUp++;
      return;
    }
    this.#counts.packetsUp++;
    this.#counts.bytesUp += packet.length;
    this.#udp.send(packet);
  }

  #fromInstance(packet: Buffer): void {
    if (!this.#open) return;
    this.#instanceAtMs = now();
    if (this.#waiting === undefined && this.#socket.bufferedAmount <= this.#rules.unsentBytes) {
      this.#send(packet);
      return;
    }
    // The newest wins. What had to arrive the link sends again.
    if (this.#waiting !== undefined) this.#counts.replacedDown++;
    this.#waiting = packet;
    this.#stalledAtMs ??= this.#instanceAtMs;
  }

  #send(packet: Buffer): void {
    this.#counts.packetsDown++;
    this.#counts.bytesDown += packet.length;
    this.#socket.send(packet, BINARY, this.#sent);
  }

  #flush(): void {
    if (!this.#open || this.#socket.bufferedAmount > this.#rules.unsentBytes) return;
    this.#stalledAtMs = undefined;
    const packet = this.#waiting;
    this.#waiting = undefined;
    if (packet !== undefined) this.#send(packet);
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (!this.#connected) this.close('gone', 'the instance cannot be reached');
    else if (NOBODY.has(error.code ?? '')) this.close('gone', 'the instance is gone');
    else this.#counts.socketErrors++; // this packet is lost, the next one may pass
  }

  #end(): boolean {
    if (!this.#open) return false;
    this.#open = false;
    this.#waiting = undefined;
    this.#udp.close();
    this.#onEnd(this);
    return true;
  }
}

function faultOf(packet: Buffer, isBinary: boolean): string | undefined {
  if (!isBinary) return 'binary messages only';
  const isPacket = packet.length > 0 && packet.length <= MAX_PACKET_BYTES;
  return isPacket ? undefined : `a message is one packet of 1 to ${MAX_PACKET_BYTES} bytes`;
}
