/** Sets of columns of a matrix, each kept once and known by its number; 0 is the empty one. */
export class ColumnSets {
  readonly #sets: Int32Array[] = [new Int32Array(0)];
  readonly #byHash = new Map<number, number[]>();
  readonly #unions = new Map<number, number>();
  /** The number of the union in which a column was met last. */
  readonly #met: Int32Array;
  #round = 0;
  /** How many columns were looked at so far. */
  work = 0;

  /** @param count the number of columns */
  constructor(count: number) {
    this.#met = new Int32Array(count);
  }

  single(column: number): number {
    return this.#keep(Int32Array.of(column));
  }

  /** The columns of a set, ascending. */
  columnsOf(set: number): Int32Array {
    return this.#sets[set];
  }

  union(p: number, q: number): number {
    if (p === q || q === 0) return p;
    if (p === 0) return q;
    const key = Math.min(p, q) * 2 ** 26 + Math.max(p, q);
    const known = this.#unions.get(key);
    if (known !== undefined) return known;
    const found = this.#merged([p, q]);
    this.#unions.set(key, found);
    return found;
  }

  unionOf(sets: Iterable<number>): number {
    const distinct = [...new Set(sets)].filter((set) => set !== 0);
    if (distinct.length <= 2) return this.union(distinct.at(0) ?? 0, distinct.at(1) ?? 0);
    return this.#merged(distinct);
  }

  #merged(sets: readonly number[]): number {
    this.#round++;
    const columns: number[] = [];
    for (const set of sets) {
      for (const column of this.#sets[set]) {
        this.work++;
        if (this.#met[column] === this.#round) continue;
        this.#met[column] = this.#round;
        columns.push(column);
      }
    }
    return this.#keep(Int32Array.from(columns).sort());
  }

  #keep(columns: Int32Array): number {
    if (columns.length === 0) return 0;
    // FNV-1a over 32-bit words.
    let hash = 0x811c9dc5;
    for (const column of columns) hash = Math.imul(hash ^ column, 0x01000193);
    const alike = this.#byHash.get(hash) ?? [];
    const known = alike.find((set) => areEqual(this.#sets[set], columns));
    if (known !== undefined) return known;
    const fresh = this.#sets.push(columns) - 1;
    this.#byHash.set(hash, [...alike, fresh]);
    return fresh;
  }
}

function areEqual(p: Int32Array, q: Int32Array): boolean {
  return p.length === q.length && p.every((column, k) => column === q[k]);
}
