// UDP ports for instances, from the base upwards. A port is free when no instance of ours has it and the kernel
// lets us bind it.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** So many ports are tried before giving up. */
const RANGE = 2000;

export class UdpPorts {
  readonly #host: string;
  readonly #base: number;
  readonly #taken = new Set<number>();

  constructor(host: string, base: number) {
    this.#host = host;
    this.#base = base;
  }

  async take(): Promise<number> {
    const end = Math.min(this.#base + RANGE, 65_536);
    for (let port = this.#base; port < end; port += 1) {
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      if (await canBind(this.#host, port)) return port;
      this.#taken.delete(port);
    }
    throw new Error(`no free UDP port from ${this.#base} to ${end - 1}`);
  }

  release(port: number): void {
    this.#taken.delete(port);
  }
}

function canBind(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.once('error', () => socket.close(() => resolve(false)));
    socket.bind(port, host, () => socket.close(() => resolve(true)));
  });
}
