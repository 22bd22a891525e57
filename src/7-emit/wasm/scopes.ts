/**
 * Functions under construction. Values are computed in the outermost open scope in which everything they depend on is
 * known, and once there: an inner scope's code is put into the outer one when it closes, after all that was computed
 * for it meanwhile.
 */
import * as wat from "./syntax.ts";
import type { Code, Local, ValueType } from "./syntax.ts";

export interface Scope {
  readonly parent: Scope | null;
  readonly code: Code[];
  /** The variables that change from one run of the scope to the next. */
  readonly variables: ReadonlySet<string>;
  /** What is known here, by key: names of locals. */
  readonly memo: Map<string, readonly string[]>;
  /** Addresses that move along with the variable instead of being computed from it. */
  readonly stream: Stream | null;
}

/** An innermost loop: pointers that move by a step a round. */
export interface Stream {
  readonly variable: string;
  /** Rounds written out in one; the variable moves by as much. */
  readonly step: number;
  /** Code at the end of each round. */
  readonly latch: Code[];
}

export class FunctionWriter {
  readonly root: Scope = { parent: null, code: [], variables: new Set(), memo: new Map(), stream: null };
  readonly locals: Local[] = [];
  readonly #taken = new Set<string>();
  readonly #counts = new Map<string, number>();
  #scope: Scope = this.root;

  get scope(): Scope {
    return this.#scope;
  }

  /** A name that nothing in the function has. */
  name(hint: string): string {
    let name = hint;
    const joined = /\d$/.test(hint) ? `${hint}_` : hint;
    let k = this.#counts.get(hint) ?? 1;
    for (; this.#taken.has(name); k++) name = `${joined}${k}`;
    this.#counts.set(hint, k);
    this.#taken.add(name);
    return name;
  }

  local(hint: string, type: ValueType): string {
    const name = this.name(hint);
    this.locals.push({ name, type });
    return name;
  }

  add(...code: readonly Code[]): void {
    this.#scope.code.push(...code);
  }

  /** The outermost open scope in which all of the variables stand still. */
  home(dependsOn: (variable: string) => boolean): Scope {
    for (let scope = this.#scope; scope.parent !== null; scope = scope.parent) {
      for (const variable of scope.variables) if (dependsOn(variable)) return scope;
    }
    return this.root;
  }

  /** The locals known under `key` in `home` or around it. */
  known(home: Scope, key: string): readonly string[] | null {
    for (let scope: Scope | null = home; scope !== null; scope = scope.parent) {
      const found = scope.memo.get(key);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** Runs `body` with `home` as the innermost scope: what it adds goes there. */
  in<T>(home: Scope, body: () => T): T {
    const before = this.#scope;
    this.#scope = home;
    try {
      return body();
    } finally {
      this.#scope = before;
    }
  }

  /** Runs `body` in a scope of its own, and gives the code. */
  scoped(variables: Iterable<string>, stream: Stream | null, body: () => void): Code[] {
    const scope: Scope = { parent: this.#scope, code: [], variables: new Set(variables), memo: new Map(), stream };
    this.in(scope, body);
    return scope.code;
  }

  /**
   * for (; variable + step <= to; variable += step), the variable as it stands. `changing`: what else varies from round
   * to round.
   */
  loop(
    variable: string,
    to: Code,
    step: number,
    isStream: boolean,
    changing: Iterable<string>,
    body: () => void,
  ): void {
    const label = this.name(`each_${variable}`);
    const limit = wat.plus(to, wat.i32(-step));
    let last = limit;
    if (wat.constantOf(limit) === null && limit.kind === "plain" && !limit.op.startsWith("local.get")) {
      const name = this.local(`${variable}_last`, "i32");
      this.add(wat.set(name, limit));
      last = wat.get(name);
    }
    const latch: Code[] = [];
    const code = this.scoped([variable, ...changing], isStream ? { variable, step, latch } : null, body);
    const goes = wat.op("i32.le_s", wat.get(variable), last);
    const next = wat.set(variable, wat.op("i32.add", wat.get(variable), wat.i32(step)));
    this.add(
      wat.when(goes, [{ kind: "loop", label, body: [...code, ...latch, next, wat.op(`br_if $${label}`, goes)] }]),
    );
  }
}
