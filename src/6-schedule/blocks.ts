/** Kernels under construction: a tree of loops with stores of scalar expressions. */
import type { ElementType } from "../ir/graph.ts";
import type { ArrayPart, Combine, Routine, Scalar, Statement } from "../ir/program.ts";
import { batchCalls, type CallOptions } from "./batches.ts";
import { Placement } from "./placement.ts";
import { ScalarBuilder } from "./scalars.ts";
import type { TakenNames } from "./names.ts";

export type Item =
  | { readonly kind: "loop"; readonly from: Scalar; readonly to: Scalar; readonly step: number; readonly block: Block }
  | { readonly kind: "if"; readonly condition: Scalar; readonly block: Block }
  | { readonly kind: "declare"; readonly name: string; readonly initial: number; readonly element: ElementType }
  | { readonly kind: "accumulate"; readonly name: string; readonly combine: Combine; readonly value: Scalar }
  | { readonly kind: "assign"; readonly name: string; readonly value: Scalar }
  | { readonly kind: "store" | "storeAdd"; readonly buffer: string; readonly index: Scalar; readonly value: Scalar }
  | { readonly kind: "check"; readonly value: Scalar; readonly size: Scalar; readonly name: string }
  | (Statement & { readonly kind: "call" })
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

export class KernelBuilder {
  readonly scalars = new ScalarBuilder();
  readonly root: Block = { variable: null, parent: null, depth: 0, items: [] };
  readonly #homes = new Map<string, Block>();
  readonly #hints = new Map<Scalar, string>();
  readonly #taken: TakenNames;
  readonly #own = new Set<string>();
  /** How far the numbering of a hint has come. */
  readonly #counts = new Map<string, number>();

  /** `taken`: names that locals may not have. */
  constructor(taken: TakenNames = new Set()) {
    this.#taken = taken;
  }

  /** The names that the kernel declares. */
  get own(): Iterable<string> {
    return this.#own;
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

  call(block: Block, routine: Routine, parts: readonly ArrayPart[], numbers: readonly Scalar[]): void {
    block.items.push({ kind: "call", routine, parts, numbers });
  }

  deliver(name: string, value: Scalar): void {
    this.root.items.push({ kind: "deliver", name, value });
  }

  /** The statements as they were given, no expression placed. */
  unplaced(): Finished {
    const values: { name: string; value: Scalar }[] = [];
    const statements = (block: Block): readonly Statement[] =>
      block.items.flatMap((item): readonly Statement[] => {
        switch (item.kind) {
          case "deliver":
            values.push({ name: item.name, value: item.value });
            return [];
          case "loop":
            return [{ ...item, variable: item.block.variable ?? "", body: statements(item.block) }];
          case "if":
            return [{ ...item, body: statements(item.block) }];
          default:
            return [item];
        }
      });
    return { body: statements(this.root), values };
  }

  /** Places every expression and returns the statements. `calls`: see `batchCalls`. */
  finish(calls: CallOptions): Finished {
    const name = (hint: string): string => this.name(hint);
    const placed = new Placement(this.scalars, this.root, this.#homes, this.#hints, name).run();
    return batchCalls(placed, { ...calls, scalars: this.scalars, name });
  }
}
