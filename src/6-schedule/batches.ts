/**
 * Calls of elementary functions, gathered into batches: one call evaluates a function for many operands that lie in an
 * array. Engines inline only a few such calls in one function; any other has its operands and its result allocated as
 * objects, which numbers that pass through an array never are.
 */
import type { Dim } from "../ir/dim.ts";
import type { ElementwiseName } from "../ir/primitive.ts";
import { largestBatch, type BatchedCall, type Scalar, type Statement } from "../ir/program.ts";
import type { Finished } from "./blocks.ts";
import type { ScheduleOptions } from "./buffers.ts";
import { operandsOf, rebuilt, scalarsOf, type ScalarBuilder } from "./scalars.ts";
import { unrolled } from "./unroll.ts";

type Operation = Scalar & { readonly kind: "operation" };
type Call = Statement & { readonly kind: "batch" };

export interface CallOptions {
  readonly inlinedCalls: ScheduleOptions["inlinedCalls"];
  /** The share of that which the rest of the function leaves to its calls. */
  readonly share: number;
}

interface BatchOptions extends CallOptions {
  readonly scalars: ScalarBuilder;
  /** A name that nothing in the kernel has. */
  readonly name: (hint: string) => string;
}

/** What an entry point, which checks what it is given, leaves to the calls of code in place. */
export const shareInPlace = 0.4;

/** The kernel itself where an engine inlines all of its calls; otherwise with all calls that are always made in batches. */
export function batchCalls(kernel: Finished, options: BatchOptions): Finished {
  const isCall = (operation: ElementwiseName, exponent: number | null): boolean =>
    options.inlinedCalls(operation, exponent) < Infinity;
  if (!options.scalars.hasOperation(isCall)) return kernel;
  const budget = new Budget(runsFewTimes(kernel.body) ? { ...options, share: 0 } : options);
  for (const s of kernel.body) budget.spend(s);
  for (const { value } of kernel.values) budget.scalar(value);
  if (!budget.exceeded) return kernel;
  const stored = new Set<string>();
  collectStores(kernel.body, stored);
  const batching = new Batching(options, stored);
  const values: { name: string; value: Scalar }[] = [];
  const body = batching.block(kernel.body, (extracted, before) => {
    for (const { name, value } of kernel.values) values.push({ name, value: extracted(value, before) });
  });
  return { body, values };
}

/**
 * Whether all loops run over one symbolic dim, a batch, say: there may be too few calls in all for an engine to see that
 * they are worth inlining.
 */
function runsFewTimes(body: readonly Statement[]): boolean {
  return body.every((s) => {
    if (s.kind !== "loop") return true;
    const isSymbol = s.to.kind === "affine" && s.to.terms.length === 0 && s.to.offset.terms.every(isSoleSymbol);
    return isSymbol && s.body.every((inner) => inner.kind !== "loop");
  });
}

function isSoleSymbol({ factors }: Dim["terms"][number]): boolean {
  return factors.length === 1 && factors[0].power === 1;
}

/** Adds up what the calls of a kernel take of an engine's willingness to inline. */
class Budget {
  readonly #options: BatchOptions;
  readonly #seen = new Set<Scalar>();
  #left: number;

  constructor(options: BatchOptions) {
    this.#options = options;
    // The sum of a few shares, up to rounding.
    this.#left = options.share + 1e-9;
  }

  get exceeded(): boolean {
    return this.#left < 0;
  }

  spend(s: Statement): void {
    for (const scalar of scalarsOf(s)) this.scalar(scalar);
    if (s.kind === "loop" || s.kind === "if") for (const inner of s.body) this.spend(inner);
  }

  scalar(root: Scalar): void {
    const pending = [root];
    for (let s = pending.pop(); s !== undefined; s = pending.pop()) {
      if (this.#seen.has(s)) continue;
      this.#seen.add(s);
      if (s.kind === "operation") this.#left -= 1 / this.#options.inlinedCalls(s.operation, s.exponent);
      pending.push(...operandsOf(s));
    }
  }
}

/** Rewrites a scalar with its calls taken out; the statements that compute them go to `before`. */
type Extract = (s: Scalar, before: Statement[]) => Scalar;

class Batching {
  readonly #options: BatchOptions;
  /** Buffers that the kernel writes: reads of them stay where they are. */
  readonly #stored: ReadonlySet<string>;

  constructor(options: BatchOptions, stored: ReadonlySet<string>) {
    this.#options = options;
    this.#stored = stored;
  }

  /** The statements of one body, and of those inside. `last`: what is evaluated after them. */
  block(
    body: readonly Statement[],
    last: ((extract: Extract, before: Statement[]) => void) | null,
  ): readonly Statement[] {
    const extract: Extract = (s, before) => this.#extracted(s, before, new Map());
    const single: Statement[] = [];
    for (const s of body) {
      const own = this.#statement(s, extract, single);
      if (own !== null) single.push(...this.#unrolled(own));
    }
    last?.(extract, single);
    return this.#gather(single);
  }

  #statement(s: Statement, extract: Extract, before: Statement[]): Statement | null {
    switch (s.kind) {
      case "let": {
        if (!this.#isCall(s.value)) return { ...s, value: extract(s.value, before) };
        const operands = s.value.operands.map((o) => extract(o, before));
        before.push(this.#callOf(s.value, { name: s.name, operands }));
        return null;
      }
      case "accumulate":
      case "assign":
      case "store":
      case "storeAdd":
        return { ...s, value: extract(s.value, before) };
      case "loop":
        return { ...s, body: this.block(s.body, null) };
      case "if":
        return { ...s, condition: extract(s.condition, before), body: this.block(s.body, null) };
      case "batch":
      case "declare":
      case "check":
      case "fill":
      case "call":
        return s;
    }
  }

  /** A loop that makes a call a round makes several at a time. */
  #unrolled(s: Statement): readonly Statement[] {
    const parts = s.kind === "loop" ? unrolled(s, this.#options.scalars, this.#options.name) : null;
    return parts === null ? [s] : [{ ...parts.main, body: this.#gather(parts.main.body) }, parts.rest];
  }

  #isCall(s: Scalar): s is Operation {
    return (
      s.kind === "operation" && s.element === "real" && this.#options.inlinedCalls(s.operation, s.exponent) !== Infinity
    );
  }

  #callOf({ operation, exponent }: Operation, call: BatchedCall): Call {
    return { kind: "batch", operation, exponent, calls: [call] };
  }

  #extracted(s: Scalar, before: Statement[], known: Map<Scalar, Scalar>): Scalar {
    const done = known.get(s);
    if (done !== undefined) return done;
    // A branch may be one that must not be evaluated; a load computes its address from whole numbers.
    if (s.kind === "load" || s.kind === "random" || (s.kind === "choose" && holdsGuarded(s))) return s;
    const { scalars, name } = this.#options;
    const operands = operandsOf(s).map((o) => this.#extracted(o, before, known));
    if (!this.#isCall(s)) return rebuilt(s, operands, s.id);
    const local = name(hintOf(s));
    before.push(this.#callOf(s, { name: local, operands }));
    const result = scalars.local(local, s.element);
    known.set(s, result);
    return result;
  }

  /** Each call together with the later ones of its function that can be made as early. */
  #gather(statements: readonly Statement[]): readonly Statement[] {
    const order: Statement[] = [];
    const placed = new Set<Statement>();
    statements.forEach((s, k) => {
      if (placed.has(s)) return;
      if (s.kind !== "batch") {
        order.push(s);
        return;
      }
      const { moved, calls } = this.#companions(s, statements.slice(k + 1), placed);
      for (const m of moved) placed.add(m);
      order.push(...moved.filter((m) => m.kind === "let"), { ...s, calls: [...s.calls, ...calls] });
    });
    return order;
  }

  /** The calls that join `first`, and all statements that move before it or into it. */
  #companions(
    first: Call,
    rest: readonly Statement[],
    placed: ReadonlySet<Statement>,
  ): { readonly moved: readonly Statement[]; readonly calls: readonly BatchedCall[] } {
    const late = new Set(first.calls.map((c) => c.name));
    const lets = new Map<string, Statement>();
    const moved = new Set<Statement>();
    const calls: BatchedCall[] = [];
    for (const s of rest) {
      if (placed.has(s)) continue;
      collectChanges(s, late);
      if (s.kind === "let") {
        if (this.#isLate([s.value], late)) late.add(s.name);
        else lets.set(s.name, s);
      }
      if (s.kind !== "batch") continue;
      const { operation, exponent } = s;
      const [call] = s.calls;
      const joins = operation === first.operation && exponent === first.exponent && calls.length + 1 < largestBatch;
      if (joins && !this.#isLate(call.operands, late)) {
        moved.add(s);
        calls.push(call);
        for (const needed of neededLets(call.operands, lets)) moved.add(needed);
      }
      late.add(call.name);
    }
    return { moved: rest.filter((s) => moved.has(s)), calls };
  }

  /** Whether it depends on what is known only after the call, or on what may change until then. */
  #isLate(roots: readonly Scalar[], late: ReadonlySet<string>): boolean {
    return some(roots, (s) => {
      if (s.kind === "local") return late.has(s.name);
      if (s.kind === "load") return s.guarded || this.#stored.has(s.buffer);
      return s.kind === "accumulator" && (s.changing || late.has(s.name));
    });
  }
}

/** The locals among `lets` that the roots are computed from. */
function neededLets(roots: readonly Scalar[], lets: ReadonlyMap<string, Statement>): ReadonlySet<Statement> {
  const needed = new Set<Statement>();
  const pending = [...roots];
  for (let s = pending.pop(); s !== undefined; s = pending.pop()) {
    pending.push(...operandsOf(s));
    const definition = s.kind === "local" ? lets.get(s.name) : undefined;
    if (definition?.kind !== "let" || needed.has(definition)) continue;
    needed.add(definition);
    pending.push(definition.value);
  }
  return needed;
}

function holdsGuarded(s: Scalar): boolean {
  return some([s], (t) => t.kind === "load" && t.guarded);
}

function some(roots: readonly Scalar[], test: (s: Scalar) => boolean): boolean {
  const pending = [...roots];
  for (let s = pending.pop(); s !== undefined; s = pending.pop()) {
    if (test(s)) return true;
    pending.push(...operandsOf(s));
  }
  return false;
}

/** `exp`, or `logOf` where the operand is called something. */
function hintOf({ operation, operands: [x] }: Operation): string {
  return x.kind === "local" ? `${operation}_${x.name}` : operation;
}

/** Adds the accumulators that a statement declares or changes. */
function collectChanges(s: Statement, changed: Set<string>): void {
  if (s.kind === "declare" || s.kind === "accumulate" || s.kind === "assign") changed.add(s.name);
  if (s.kind === "loop" || s.kind === "if") for (const inner of s.body) collectChanges(inner, changed);
}

function collectStores(body: readonly Statement[], buffers: Set<string>): void {
  for (const s of body) {
    if (s.kind === "store" || s.kind === "storeAdd" || s.kind === "fill") buffers.add(s.buffer);
    if (s.kind === "call") for (const { buffer, written } of s.parts) if (written) buffers.add(buffer);
    if (s.kind === "loop" || s.kind === "if") collectStores(s.body, buffers);
  }
}
