/**
 * Kernels under construction: a tree of loops with stores of scalar expressions, and the placement that turns shared
 * expressions into locals, each in the outermost loop where everything it needs is known (loop-invariant code motion and
 * common subexpressions in one).
 */
import * as dims from "../ir/dim.ts";
import type { ElementType } from "../ir/graph.ts";
import type { AffineTerm, Combine, Scalar, Statement } from "../ir/program.ts";
import { batchCalls, type CallOptions } from "./batches.ts";
import { ScalarBuilder, operandsOf, rebuilt } from "./scalars.ts";

type Item =
  | { readonly kind: "loop"; readonly from: Scalar; readonly to: Scalar; readonly step: number; readonly block: Block }
  | { readonly kind: "if"; readonly condition: Scalar; readonly block: Block }
  | { readonly kind: "declare"; readonly name: string; readonly initial: number; readonly element: ElementType }
  | { readonly kind: "accumulate"; readonly name: string; readonly combine: Combine; readonly value: Scalar }
  | { readonly kind: "assign"; readonly name: string; readonly value: Scalar }
  | { readonly kind: "store" | "storeAdd"; readonly buffer: string; readonly index: Scalar; readonly value: Scalar }
  | { readonly kind: "check"; readonly value: Scalar; readonly size: Scalar; readonly name: string }
  | { readonly kind: "fill"; readonly buffer: string; readonly value: number }
  /** A number that the kernel delivers. */
  | { readonly kind: "deliver"; readonly name: string; readonly value: Scalar };

/** One body of statements. */
export interface Block {
  readonly variable: string | null;
  readonly parent: Block | null;
  readonly depth: number;
  readonly items: Item[];
}

export interface Finished {
  readonly body: readonly Statement[];
  readonly values: readonly { readonly name: string; readonly value: Scalar }[];
}

// An expression this deep is cut by a local: readable, and no printer or parser recurses far.
const deepest = 12;

export class KernelBuilder {
  readonly scalars = new ScalarBuilder();
  readonly root: Block = { variable: null, parent: null, depth: 0, items: [] };
  readonly #homes = new Map<string, Block>();
  readonly #hints = new Map<Scalar, string>();
  readonly #taken: ReadonlySet<string>;
  readonly #own = new Set<string>();
  /** How far the numbering of a hint has come. */
  readonly #counts = new Map<string, number>();

  /** `taken`: names that locals may not have. */
  constructor(taken: ReadonlySet<string> = new Set()) {
    this.#taken = taken;
  }

  /** A name close to `hint` that nothing in the kernel has. */
  name(hint: string): string {
    let name = hint;
    const joined = /\d$/.test(hint) ? `${hint}_` : hint;
    let k = this.#counts.get(hint) ?? 1;
    for (; this.#taken.has(name) || this.#own.has(name); k++) name = `${joined}${k}`;
    this.#counts.set(hint, k);
    this.#own.add(name);
    return name;
  }

  /** The user's name of an expression: it becomes a local of that name. */
  hint(s: Scalar, name: string): void {
    if (!this.#hints.has(s)) this.#hints.set(s, name);
  }

  loop(
    parent: Block,
    hint: string,
    from: Scalar,
    to: Scalar,
    step = 1,
  ): { readonly block: Block; readonly variable: Scalar } {
    const variable = this.name(hint);
    const block: Block = { variable, parent, depth: parent.depth + 1, items: [] };
    parent.items.push({ kind: "loop", from, to, step, block });
    this.#homes.set(variable, block);
    return { block, variable: this.scalars.variable(variable) };
  }

  when(parent: Block, condition: Scalar): Block {
    const block: Block = { variable: null, parent, depth: parent.depth + 1, items: [] };
    parent.items.push({ kind: "if", condition, block });
    return block;
  }

  /** A block of its own for locals. */
  scope(parent: Block): Block {
    return this.when(parent, this.scalars.number(1, "bool"));
  }

  declare(block: Block, hint: string, initial: number, element: ElementType): Scalar {
    const name = this.name(hint);
    block.items.push({ kind: "declare", name, initial, element });
    this.#homes.set(name, block);
    return this.scalars.accumulator(name, element);
  }

  accumulate(block: Block, accumulator: Scalar, combine: Combine, value: Scalar): void {
    if (accumulator.kind !== "accumulator") throw new Error("internal: not an accumulator");
    block.items.push({ kind: "accumulate", name: accumulator.name, combine, value });
  }

  assign(block: Block, accumulator: Scalar, value: Scalar): void {
    if (accumulator.kind !== "accumulator") throw new Error("internal: not an accumulator");
    block.items.push({ kind: "assign", name: accumulator.name, value });
  }

  store(block: Block, buffer: string, index: Scalar, value: Scalar): void {
    block.items.push({ kind: "store", buffer, index, value });
  }

  storeAdd(block: Block, buffer: string, index: Scalar, value: Scalar): void {
    block.items.push({ kind: "storeAdd", buffer, index, value });
  }

  /** Refuses an index that is not 0 .. size - 1. */
  check(block: Block, value: Scalar, size: Scalar, name: string): void {
    block.items.push({ kind: "check", value, size, name });
  }

  fill(block: Block, buffer: string, value: number): void {
    block.items.push({ kind: "fill", buffer, value });
  }

  deliver(name: string, value: Scalar): void {
    this.root.items.push({ kind: "deliver", name, value });
  }

  /** Places every expression and returns the statements. `calls`: see `batchCalls`. */
  finish(calls: CallOptions): Finished {
    const name = (hint: string): string => this.name(hint);
    const placed = new Placement(this.scalars, this.root, this.#homes, this.#hints, name).run();
    return batchCalls(placed, { ...calls, scalars: this.scalars, name });
  }
}

/** What placement knows of a scalar. */
interface Settled {
  /** Null: wherever it is used, since it reads a buffer that this kernel writes. */
  readonly home: Block | null;
  /** Evaluated only in the branch that makes it safe. */
  readonly guarded: boolean;
  readonly depth: number;
}

interface Use {
  readonly s: Scalar;
  readonly settled: Settled;
  count: number;
  /** Used in a loop inside its home. */
  deeper: boolean;
  /** The first item of its home that needs it. */
  first: number;
}

class Placement {
  readonly #scalars: ScalarBuilder;
  readonly #root: Block;
  readonly #variableHomes: ReadonlyMap<string, Block>;
  readonly #hints: Map<Scalar, string>;
  readonly #name: (hint: string) => string;
  /** Items of a block that store to a buffer, by buffer: the position of the first. */
  readonly #firstStores = new Map<Block, Map<string, number>>();
  readonly #written = new Set<string>();
  readonly #positions = new Map<Block, number>();
  readonly #settled = new Map<Scalar, Settled>();
  readonly #split = new Map<Scalar, Scalar>();
  readonly #uses = new Map<Block, Map<Scalar, Use>>();
  readonly #locals = new Map<Block, Map<Scalar, Scalar>>();

  constructor(
    scalars: ScalarBuilder,
    root: Block,
    variableHomes: ReadonlyMap<string, Block>,
    hints: Map<Scalar, string>,
    name: (hint: string) => string,
  ) {
    this.#scalars = scalars;
    this.#root = root;
    this.#variableHomes = variableHomes;
    this.#hints = hints;
    this.#name = name;
  }

  run(): Finished {
    this.#survey(this.#root);
    this.#countUses(this.#root);
    const values: { name: string; value: Scalar }[] = [];
    return { body: this.#emit(this.#root, values), values };
  }

  #survey(block: Block): void {
    const stores = new Map<string, number>();
    this.#firstStores.set(block, stores);
    block.items.forEach((item, k) => {
      if (item.kind === "store" || item.kind === "storeAdd" || item.kind === "fill") {
        this.#written.add(item.buffer);
        if (!stores.has(item.buffer)) stores.set(item.buffer, k);
      } else if (item.kind === "loop" || item.kind === "if") {
        this.#positions.set(item.block, k);
        this.#survey(item.block);
      }
    });
  }

  #countUses(block: Block): void {
    block.items.forEach((item, k) => {
      for (const s of scalarsOf(item)) this.#use(this.#prepared(s), block, k);
      if (item.kind === "loop" || item.kind === "if") this.#countUses(item.block);
    });
  }

  /** `s` with every address split at its loops; iterative in the depth of the expression. */
  #prepared(root: Scalar): Scalar {
    const known = this.#split.get(root);
    if (known !== undefined) return known;
    for (const s of postorder([root], (t) => this.#split.has(t))) {
      const rebuilt = this.#scalars.withOperands(
        s,
        operandsOf(s).map((o) => this.#split.get(o) ?? o),
      );
      this.#settle(rebuilt);
      const split = this.#splitAffine(rebuilt);
      this.#settle(split);
      this.#split.set(s, split);
      const hint = this.#hints.get(s);
      if (hint !== undefined && split !== s) this.#hints.set(split, hint);
    }
    return this.#split.get(root) ?? root;
  }

  /**
   * i * 784 + k, with k of an inner loop: (i * 784) is grouped, so that it gets a local outside that loop. Addresses that
   * differ by a number share the group: it stays outside.
   */
  #splitAffine(s: Scalar): Scalar {
    if (s.kind !== "affine" || s.terms.length < 1) return s;
    const depthOf = (t: Scalar): number => this.#homeOf(t)?.depth ?? Infinity;
    const innermost = Math.max(...s.terms.map((t) => depthOf(t.scalar)));
    const outer = s.terms.filter((t) => depthOf(t.scalar) < innermost);
    const inner = s.terms.filter((t) => depthOf(t.scalar) === innermost);
    const isNumber = dims.constantOf(s.offset) !== null;
    const isPlain = (t: AffineTerm): boolean => dims.constantOf(t.coefficient) === 1;
    const zero = dims.constant(0);
    if (outer.length === 0) {
      // i * 784 + 3: the product is shared by the neighbours of the address.
      const shared = isNumber && dims.constantOf(s.offset) !== 0 && !inner.every(isPlain);
      if (!shared) return s;
      const product = this.#scalars.affine(zero, inner);
      this.#settle(product);
      return this.#scalars.grouped(product, [], s.offset);
    }
    const base = this.#scalars.affine(isNumber ? zero : s.offset, outer);
    this.#settle(base);
    return this.#scalars.grouped(base, inner, isNumber ? s.offset : zero);
  }

  #homeOf(s: Scalar): Block | null {
    return this.#settle(s).home;
  }

  /** Home, guardedness and depth of a scalar whose operands are settled. */
  #settle(s: Scalar): Settled {
    const known = this.#settled.get(s);
    if (known !== undefined) return known;
    let home: Block | null = this.#root;
    if (s.kind === "variable" || s.kind === "accumulator") home = this.#variableHomes.get(s.name) ?? this.#root;
    if (s.kind === "load" && this.#written.has(s.buffer)) home = null;
    if (s.kind === "accumulator" && s.changing) home = null;
    let guarded = s.kind === "load" && s.guarded;
    let below = 0;
    for (const o of operandsOf(s)) {
      const own = this.#settle(o);
      if (own.home === null || home === null) home = null;
      else if (own.home.depth > home.depth) home = own.home;
      if (own.guarded && (s.kind !== "choose" || o === s.condition)) guarded = true;
      if (own.depth > below) below = own.depth;
    }
    const settled = { home, guarded, depth: below + 1 };
    this.#settled.set(s, settled);
    return settled;
  }

  /** Counts a use of `root` by item `position` of `block`, and of all that it is computed from. */
  #use(root: Scalar, block: Block, position: number): void {
    const pending: { s: Scalar; by: Block; at: number }[] = [{ s: root, by: block, at: position }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { s, by, at } = next;
      const settled = this.#settle(s);
      const home = settled.home ?? by;
      let uses = this.#uses.get(home);
      if (uses === undefined) this.#uses.set(home, (uses = new Map<Scalar, Use>()));
      const first = this.#positionIn(home, by, at, s);
      const known = uses.get(s);
      if (known !== undefined) {
        known.count += 1;
        known.deeper ||= by !== home;
        if (first < known.first) {
          known.first = first;
          // What it is computed from is needed as early.
          for (const o of operandsOf(s)) this.#earlier(o, home, first);
        }
        continue;
      }
      uses.set(s, { s, settled, count: 1, deeper: by !== home, first });
      for (const o of operandsOf(s)) pending.push({ s: o, by: home, at: first });
    }
  }

  #earlier(root: Scalar, block: Block, position: number): void {
    const pending: { s: Scalar; by: Block; at: number }[] = [{ s: root, by: block, at: position }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { s, by, at } = next;
      const home = this.#homeOf(s) ?? by;
      const use = this.#uses.get(home)?.get(s);
      const first = this.#positionIn(home, by, at, s);
      if (use === undefined || use.first <= first) continue;
      use.first = first;
      for (const o of operandsOf(s)) pending.push({ s: o, by: home, at: first });
    }
  }

  /** The item of `home` that holds item `at` of `block`; a load of what this block stores comes before the store. */
  #positionIn(home: Block, block: Block, at: number, s: Scalar): number {
    let position = at;
    for (let b: Block | null = block; b !== null && b !== home; b = b.parent) position = this.#positions.get(b) ?? 0;
    if (s.kind !== "load") return position;
    return Math.min(position, this.#firstStores.get(home)?.get(s.buffer) ?? Infinity);
  }

  #emit(block: Block, values: { name: string; value: Scalar }[]): readonly Statement[] {
    const statements: Statement[] = [];
    const lets = this.#letsOf(block);
    const locals = new Map<Scalar, Scalar>();
    this.#locals.set(block, locals);
    let next = 0;
    block.items.forEach((item, k) => {
      for (; next < lets.length && lets[next].first <= k; next++) {
        const { s } = lets[next];
        const value = this.#resolve(s, block, true);
        const name = this.#name(this.#hints.get(s) ?? (s.element === "index" ? "at" : "t"));
        statements.push({ kind: "let", name, value, note: null });
        locals.set(s, this.#scalars.local(name, s.element));
      }
      statements.push(...this.#emitItem(item, block, values));
    });
    return statements;
  }

  /** What gets a local in this block: in order of first use, operands first. */
  #letsOf(block: Block): readonly { readonly s: Scalar; readonly first: number }[] {
    const uses = [...(this.#uses.get(block)?.values() ?? [])];
    uses.sort((a, b) => a.settled.depth - b.settled.depth || a.s.id - b.s.id);
    const height = new Map<Scalar, number>();
    const chosen: Use[] = [];
    for (const use of uses) {
      const { s } = use;
      let tall = 1;
      for (const o of operandsOf(s)) tall = Math.max(tall, 1 + (height.get(o) ?? 0));
      const stale = s.kind === "load" && this.#firstStores.get(block)?.has(s.buffer) === true;
      const wanted = use.count > 1 || use.deeper || tall > deepest || stale || this.#hints.has(s);
      if (wanted && !use.settled.guarded && !isTrivial(s)) {
        chosen.push(use);
        height.set(s, 0);
      } else {
        height.set(s, tall);
      }
    }
    // Sorting keeps the order of those that are needed first by the same item.
    return chosen.sort((a, b) => a.first - b.first);
  }

  /** `s` with what has a local replaced by it. The depth is bounded: deeper expressions were cut by locals. */
  #resolve(s: Scalar, block: Block, itself = false): Scalar {
    if (!itself) {
      for (let b: Block | null = block; b !== null; b = b.parent) {
        const local = this.#locals.get(b)?.get(s);
        if (local !== undefined) return local;
      }
    }
    const operands = operandsOf(s);
    const resolved = operands.map((o) => this.#resolve(o, block));
    // A tree of statements needs no equal expressions to be one.
    return resolved.every((o, k) => o === operands[k]) ? s : rebuilt(s, resolved, s.id);
  }

  #emitItem(item: Item, block: Block, values: { name: string; value: Scalar }[]): readonly Statement[] {
    const value = (s: Scalar): Scalar => this.#resolve(this.#split.get(s) ?? s, block);
    switch (item.kind) {
      case "loop": {
        const variable = item.block.variable ?? "";
        const from = value(item.from);
        const to = value(item.to);
        const body = this.#emit(item.block, values);
        return [{ kind: "loop", variable, from, to, step: item.step, body }];
      }
      case "if": {
        const condition = value(item.condition);
        if (condition.kind === "number" && condition.value !== 0) return this.#emit(item.block, values);
        return [{ kind: "if", condition, body: this.#emit(item.block, values) }];
      }
      case "accumulate":
      case "assign":
        return [{ ...item, value: value(item.value) }];
      case "check":
        return [{ ...item, value: value(item.value), size: value(item.size) }];
      case "store":
      case "storeAdd":
        return [{ ...item, index: value(item.index), value: value(item.value) }];
      case "deliver":
        values.push({ name: item.name, value: value(item.value) });
        return [];
      case "declare":
      case "fill":
        return [item];
    }
  }
}

function scalarsOf(item: Item): readonly Scalar[] {
  switch (item.kind) {
    case "loop":
      return [item.from, item.to];
    case "if":
      return [item.condition];
    case "accumulate":
    case "assign":
    case "deliver":
      return [item.value];
    case "check":
      return [item.value, item.size];
    case "store":
    case "storeAdd":
      return [item.index, item.value];
    case "declare":
    case "fill":
      return [];
  }
}

/** Cheaper to write again than to keep. */
function isTrivial(s: Scalar): boolean {
  if (s.kind === "affine") {
    const isPlain = s.terms.every((t) => dims.constantOf(t.coefficient) === 1 && t.scalar.kind !== "load");
    return isPlain && s.terms.length <= 2 && isShort(s.offset);
  }
  if (s.kind === "operation" && s.operation === "convert") return s.operands[0].element === "index" && isTrivial(s.operands[0]); // prettier-ignore
  return s.kind === "number" || s.kind === "variable" || s.kind === "accumulator" || s.kind === "argument";
}

/** A number or a single symbol. */
function isShort(dim: dims.Dim): boolean {
  return dims.constantOf(dim) !== null || dim.terms.every((t) => t.coefficient === 1 && t.factors.length === 1);
}

/** Everything below the roots, operands first, what `done` accepts left out. Iterative. */
function postorder(roots: readonly Scalar[], done: (s: Scalar) => boolean): readonly Scalar[] {
  const order: Scalar[] = [];
  const seen = new Set<Scalar>();
  const pending: { s: Scalar; open: boolean }[] = roots.map((s) => ({ s, open: false }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { s, open } = next;
    if (open) {
      order.push(s);
      continue;
    }
    if (seen.has(s) || done(s)) continue;
    seen.add(s);
    pending.push({ s, open: true }, ...operandsOf(s).map((o) => ({ s: o, open: false })));
  }
  return order;
}
