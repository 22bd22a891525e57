/**
 * The placement that turns shared expressions of a kernel into locals, each in the outermost loop where everything it needs
 * is known (loop-invariant code motion and common subexpressions in one).
 */
import * as dims from "../ir/dim.ts";
import type { AffineTerm, Scalar, Statement } from "../ir/program.ts";
import type { Block, Finished, Item } from "./blocks.ts";
import { operandsOf, rebuilt, type ScalarBuilder } from "./scalars.ts";

// An expression this deep is cut by a local: readable, and no printer or parser recurses far.
const deepest = 12;

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
  /** Its home, or what uses it where it has none. */
  readonly block: Block;
  count: number;
  /** Used in a loop inside its home. */
  deeper: boolean;
  /** The first item of its home that needs it. */
  first: number;
  /** Where it got one. */
  local: Scalar | null;
}

/** One kernel's placement; it serves once. */
export class Placement {
  readonly #scalars: ScalarBuilder;
  readonly #root: Block;
  readonly #variableHomes: ReadonlyMap<string, Block>;
  readonly #hints: Map<Scalar, string>;
  readonly #name: (hint: string) => string;
  /** Items of a block that store to a buffer, by buffer: the position of the first. */
  readonly #firstStores = new Map<Block, Map<string, number>>();
  readonly #written = new Set<string>();
  readonly #positions = new Map<Block, number>();
  /** By the id of the scalar. */
  readonly #settled: (Settled | undefined)[] = [];
  readonly #split: (Scalar | undefined)[] = [];
  /** What is about to be split, by id. */
  readonly #reached: (true | undefined)[] = [];
  /** The uses of scalars that have a home, by their id. */
  readonly #uses: (Use | undefined)[] = [];
  /** Of those that have none, by the block that uses them. */
  readonly #floating = new Map<Block, Map<Scalar, Use>>();
  /** All uses that a block is home to. */
  readonly #usesIn = new Map<Block, Use[]>();

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
      } else if (item.kind === "call") {
        for (const { buffer } of item.parts.filter((part) => part.written)) {
          this.#written.add(buffer);
          if (!stores.has(buffer)) stores.set(buffer, k);
        }
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
    const known = this.#split[root.id];
    if (known !== undefined) return known;
    for (const s of this.#below(root)) {
      const operands = operandsOf(s);
      const changed = mapped(operands, (o) => this.#split[o.id] ?? o);
      const rebuilt = changed === operands ? s : this.#scalars.withOperands(s, changed);
      this.#settle(rebuilt);
      const split = this.#splitAffine(rebuilt);
      this.#settle(split);
      this.#split[s.id] = split;
      const hint = this.#hints.get(s);
      if (hint !== undefined && split !== s) this.#hints.set(split, hint);
    }
    return this.#split[root.id] ?? root;
  }

  /** `root` and everything below it that is not split yet, operands first: in order of creation. */
  #below(root: Scalar): readonly Scalar[] {
    const found = [root];
    for (let k = 0; k < found.length; k++) {
      for (const o of operandsOf(found[k])) {
        if (this.#reached[o.id] || this.#split[o.id] !== undefined) continue;
        this.#reached[o.id] = true;
        found.push(o);
      }
    }
    return found.sort((a, b) => a.id - b.id);
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
    const known = this.#settled[s.id];
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
    this.#settled[s.id] = settled;
    return settled;
  }

  /** Counts a use of `root` by item `position` of `block`, and of all that it is computed from. Iterative. */
  #use(root: Scalar, block: Block, position: number): void {
    const pending: Use[] = [];
    this.#count(root, block, position, pending);
    for (let use = pending.pop(); use !== undefined; use = pending.pop()) {
      for (const o of operandsOf(use.s)) this.#count(o, use.block, use.first, pending);
    }
  }

  /** Counts one use; a first one is `pending`, since its operands are used as well. */
  #count(s: Scalar, by: Block, position: number, pending: Use[]): void {
    const { home } = this.#settle(s);
    const block = home ?? by;
    const first = this.#positionIn(block, by, position, s);
    const known = this.#useOf(s, home, by);
    if (known !== undefined) {
      known.count += 1;
      known.deeper ||= by !== block;
      if (first < known.first) this.#move(known, first);
      return;
    }
    const use: Use = { s, block, count: 1, deeper: by !== block, first, local: null };
    if (home !== null) this.#uses[s.id] = use;
    else atKey(this.#floating, by, () => new Map<Scalar, Use>()).set(s, use);
    atKey(this.#usesIn, block, () => []).push(use);
    pending.push(use);
  }

  /** `moved` is needed as early as item `first` of its block, and so is what it is computed from. */
  #move(moved: Use, first: number): void {
    moved.first = first;
    const pending = [moved];
    for (let use = pending.pop(); use !== undefined; use = pending.pop()) {
      for (const o of operandsOf(use.s)) {
        const { home } = this.#settle(o);
        const own = this.#useOf(o, home, use.block);
        if (own === undefined) continue;
        const position = this.#positionIn(own.block, use.block, use.first, o);
        if (own.first <= position) continue;
        own.first = position;
        pending.push(own);
      }
    }
  }

  #useOf(s: Scalar, home: Block | null, by: Block): Use | undefined {
    return home === null ? this.#floating.get(by)?.get(s) : this.#uses[s.id];
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
    let next = 0;
    block.items.forEach((item, k) => {
      for (; next < lets.length && lets[next].first <= k; next++) {
        const { s } = lets[next];
        const value = this.#resolved(s, block);
        const name = this.#name(this.#hints.get(s) ?? (s.element === "index" ? "at" : "t"));
        statements.push({ kind: "let", name, value, note: null });
        lets[next].local = this.#scalars.local(name, s.element);
      }
      statements.push(...this.#emitItem(item, block, values));
    });
    return statements;
  }

  /** What gets a local in this block: in order of first use, operands first. */
  #letsOf(block: Block): readonly Use[] {
    const depthOf = (use: Use): number => this.#settle(use.s).depth;
    const uses = this.#usesIn.get(block) ?? [];
    uses.sort((a, b) => depthOf(a) - depthOf(b) || a.s.id - b.s.id);
    const stores = this.#firstStores.get(block);
    const chosen: Use[] = [];
    /** How deep an expression is down to its locals, by the id of the scalar. */
    const heights: (number | undefined)[] = [];
    for (const use of uses) {
      const { s } = use;
      let height = 1;
      for (const o of operandsOf(s)) height = Math.max(height, 1 + (heights[o.id] ?? 0));
      const stale = s.kind === "load" && stores?.has(s.buffer) === true;
      const wanted = use.count > 1 || use.deeper || height > deepest || stale || this.#hints.has(s);
      const isChosen = wanted && !this.#settle(s).guarded && !isTrivial(s);
      if (isChosen) chosen.push(use);
      heights[s.id] = isChosen ? 0 : height;
    }
    // Sorting keeps the order of those that are needed first by the same item.
    return chosen.sort((a, b) => a.first - b.first);
  }

  /** `s` with what has a local replaced by it. The depth is bounded: deeper expressions were cut by locals. */
  #resolve(s: Scalar, block: Block): Scalar {
    return this.#localOf(s, block) ?? this.#resolved(s, block);
  }

  #resolved(s: Scalar, block: Block): Scalar {
    const operands = operandsOf(s);
    const resolved = mapped(operands, (o) => this.#resolve(o, block));
    // A tree of statements needs no equal expressions to be one.
    return resolved === operands ? s : rebuilt(s, resolved, s.id);
  }

  /** The local that holds `s` where `block` can see it. */
  #localOf(s: Scalar, block: Block): Scalar | null {
    const use = this.#uses[s.id];
    if (use !== undefined || this.#floating.size === 0) return use?.local ?? null;
    for (let b: Block | null = block; b !== null; b = b.parent) {
      const local = this.#floating.get(b)?.get(s)?.local ?? null;
      if (local !== null) return local;
    }
    return null;
  }

  #emitItem(item: Item, block: Block, values: { name: string; value: Scalar }[]): readonly Statement[] {
    const value = (s: Scalar): Scalar => this.#resolve(this.#split[s.id] ?? s, block);
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
      case "call": {
        const parts = item.parts.map((part) => ({ ...part, start: value(part.start) }));
        return [{ ...item, parts, numbers: item.numbers.map(value) }];
      }
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
    case "call":
      return [...item.parts.map((part) => part.start), ...item.numbers];
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

function atKey<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** The list that `of` gives; the same one where nothing changes. */
function mapped(scalars: readonly Scalar[], of: (s: Scalar) => Scalar): readonly Scalar[] {
  let changed: Scalar[] | null = null;
  for (let k = 0; k < scalars.length; k++) {
    const s = of(scalars[k]);
    if (s !== scalars[k]) changed ??= scalars.slice(0, k);
    changed?.push(s);
  }
  return changed ?? scalars;
}
