/** What a hazard is: a form whose numbers go wrong somewhere, and what it looks like when they do. */
import type { Code } from "../../diagnostics/catalogue/index.ts";
import type { Node, PrimitiveName } from "../../ir/graph.ts";

/** One entry of an elementwise node with those of its operands. */
export interface Entry {
  readonly operands: readonly number[];
  readonly value: number;
  /** |error| / |value| that the arithmetic may make, and the largest of the operands. */
  readonly lost: number;
  readonly before: number;
  /** Unit roundoff of the arithmetic: 2^-24 or, in functions of numbers alone, 2^-53. */
  readonly unit: number;
}

/** `value`: it is not finite; `gradient`: it is, and its derivative is not; `digits`: more than half of them are lost. */
export type Effect = "value" | "gradient" | "digits";

/** What stands around a node in its program. */
export interface Surroundings {
  /** The nodes that read a node. */
  readonly users: ReadonlyMap<Node, readonly Node[]>;
  /** Parameters that training moves. */
  readonly trained: ReadonlySet<Node>;
}

/** One record a hazard: where a form may go wrong, and when it does; the search shows that it happens. */
export interface Hazard {
  readonly code: Extract<Code, `hazard-${string}`>;
  readonly primitives: readonly PrimitiveName[];
  /** How it is written: an expression whose text has none of this is what a rewrite made of it. */
  readonly written: RegExp;
  /** Looked for at inputs of a thousand and more too, where the form stands for a function that has a value there. */
  readonly far?: true;
  readonly applies: (node: Node, around: Surroundings) => boolean;
  readonly effect: (entry: Entry) => Effect | null;
  /** What happens, after "`text`: ". */
  readonly what: (entry: Entry) => string;
  /** A stable form, or what else to do. */
  readonly help: (node: Node, around: Surroundings) => string | null;
  /** The expression to show, where it is not the node itself. */
  readonly whole?: (node: Node, around: Surroundings) => Node | null;
}

/** Three digits of a number; all of one that would read as `end` without being it. */
export function short(x: number, end = NaN): string {
  const rounded = Number(x.toPrecision(3));
  return String(rounded === end ? x : rounded);
}
