/** What the elaboration of one model gathers. */
import type { Span } from "../diagnostics/diagnostic.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Shape } from "../ir/dim.ts";
import { constant } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import type { CheckedTensor } from "./checked.ts";
import type { Value } from "./value.ts";

export interface ModelParameter extends CheckedTensor {
  readonly frozen: boolean;
  /** What the program reads: the parameter node, or a mark on it. */
  readonly value: Value;
}

/** A tensor that a training step changes. */
export interface ModelState extends CheckedTensor {
  readonly next: Node | null;
}

export class ModelUnit {
  readonly name: string;
  readonly parameters = new Map<string, ModelParameter>();
  readonly states = new Map<string, ModelState>();
  /** Paths whose elaboration failed: their uses stay silent. */
  readonly faultyPaths = new Map<string, Span>();
  readonly hypers = new Map<
    string,
    { readonly initial: number; readonly node: Node<"parameter">; readonly span: Span }
  >();
  /** Paths of parameters that derivative operators refer to. */
  readonly marks = new Set<string>();
  /** Paths of `use` instances, whose calls share parameters. */
  readonly shared = new Set<string>();
  readonly seed: Node<"parameter">;
  readonly step: Node<"parameter">;
  readonly training: Node<"parameter">;
  readonly #builder: GraphBuilder;
  #sites = 0;
  #initial = 0;

  constructor(name: string, builder: GraphBuilder) {
    this.name = name;
    this.#builder = builder;
    this.seed = scalarParameter(builder, "seed", "index");
    this.step = scalarParameter(builder, "step", "index");
    this.training = scalarParameter(builder, "training", "bool");
  }

  /** How many draws there are. */
  get draws(): number {
    return this.#sites;
  }

  /** True for a parameter of a `use` instance. */
  isShared(path: string): boolean {
    return [...this.shared].some((instance) => path.startsWith(`${instance}.`));
  }

  /** Uniform numbers drawn at a new site: in each step anew, or once (step 0) while an initial value is elaborated. */
  draw(shape: Shape): Node {
    const step = this.#initial > 0 ? constant(this.#builder, 0, "index") : this.step;
    return this.#builder.create("random", [this.seed, step], { site: this.#sites++, shape });
  }

  /** True while a training step runs; initial values are made outside of one. */
  trainingFlag(): Node {
    return this.#initial > 0 ? constant(this.#builder, 0, "bool") : this.training;
  }

  /** True where random numbers are drawn: while a training step runs, and in initial values. */
  drawingFlag(): Node {
    return this.#initial > 0 ? constant(this.#builder, 1, "bool") : this.training;
  }

  /** Draws inside `body` are those of an initial value. */
  whileInitial<T>(body: () => T): T {
    this.#initial++;
    try {
      return body();
    } finally {
      this.#initial--;
    }
  }
}

/** A plain number that a call brings along. */
export function scalarParameter(
  builder: GraphBuilder,
  name: string,
  element: "real" | "index" | "bool",
): Node<"parameter"> {
  return builder.create("parameter", [], { name, type: { element, shape: [] }, bound: null, held: "number" });
}
