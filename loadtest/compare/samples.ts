// Many numbers and their quantiles, without an object for each.

export type Quantiles = { count: number; p50: number; p95: number; p99: number; p999: number; max: number };

export class Samples {
  #values = new Float64Array(1024);
  #count = 0;
  #sorted = true;

  push(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count] = value;
    this.#count += 1;
    this.#sorted = false;
  }

  get count(): number {
    return this.#count;
  }

  /** The least value that at least this share of all is not above; NaN of none. */
  quantile(share: number): number {
    if (!this.#sorted) this.#values.subarray(0, this.#count).sort();
    this.#sorted = true;
    const index = Math.max(0, Math.ceil(this.#count * share) - 1);
    return this.#count === 0 ? Number.NaN : (this.#values[index] ?? Number.NaN);
  }

  quantiles(): Quantiles {
    const [p50, p95, p99, p999, max] = [0.5, 0.95, 0.99, 0.999, 1].map((share) => this.quantile(share)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    return { count: this.#count, p50, p95, p99, p999, max };
  }
}
