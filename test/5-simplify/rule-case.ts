/** What a rule is tried with. */
import type { GraphBuilder } from "../../src/ir/builder.ts";
import type { Node } from "../../src/ir/graph.ts";

/** Expressions that a rule rewrites, over x[3], y[3] (in `range`), m[2, 3] and n[3, 2], s, i (of 3), j[2] (of 3). */
export interface Case {
  readonly build: (b: GraphBuilder, p: Operands) => readonly Node[];
  /** Where x, y and s are drawn from; by default (-3, 3). */
  readonly range?: readonly [number, number];
  /** Further values that each of x, y, s takes; by default these and no others are outside the range. */
  readonly special?: readonly number[];
}

export interface Operands {
  readonly x: Node;
  readonly y: Node;
  readonly m: Node;
  readonly n: Node;
  readonly s: Node;
  readonly i: Node;
  readonly j: Node;
}
