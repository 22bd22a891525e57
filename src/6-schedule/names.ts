/** Names that something may not have. */
export type TakenNames = Pick<ReadonlySet<string>, "has">;

/** Identifiers, each given once. */
export class Names {
  readonly all: Set<string>;
  /** Locals of code in place, which share the scope of the entry point. */
  readonly locals = new Set<string>();
  /** How far the numbering of a hint has come. */
  readonly #counts = new Map<string, number>();

  constructor(taken: Iterable<string>) {
    this.all = new Set(taken);
  }

  /** What locals of code in place keep clear of. */
  get inScope(): TakenNames {
    return { has: (name) => this.all.has(name) || this.locals.has(name) };
  }

  /** A name that stands for the same thing elsewhere. */
  keep(name: string): string {
    this.all.add(name);
    return name;
  }

  take(hint: string): string {
    const joined = /\d$/.test(hint) ? `${hint}_` : hint;
    let name = hint;
    let k = this.#counts.get(hint) ?? 1;
    for (; this.all.has(name) || this.locals.has(name); k++) name = `${joined}${k}`;
    this.#counts.set(hint, k);
    this.all.add(name);
    return name;
  }
}
