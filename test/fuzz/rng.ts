/** Random choices, the same for a seed in every run. */
export class Rng {
  #state: number;
  /** A name that is chosen more often than others, so that every name has programs of its own. */
  readonly favourite: string | null;

  constructor(seed: number, label = "", favourite: string | null = null) {
    this.favourite = favourite;
    this.#state = seed >>> 0;
    for (const c of label) this.#state = Math.imul(this.#state ^ (c.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    for (let k = 0; k < 3; k++) this.next();
  }

  /** A number in [0, 1): Mulberry32 (Tommy Ettinger). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** An integer in 0 .. n - 1. */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** One of some names. */
  name(list: readonly string[]): string {
    const { favourite } = this;
    return favourite !== null && list.includes(favourite) && this.chance(0.7) ? favourite : this.pick(list);
  }

  shuffled<T>(list: readonly T[]): T[] {
    const rest = [...list];
    const result: T[] = [];
    while (rest.length > 0) result.push(...rest.splice(this.below(rest.length), 1));
    return result;
  }
}
