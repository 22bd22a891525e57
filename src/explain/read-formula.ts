/** Graph -> formulas: names where the user has them, shared and very large parts apart. */
import type { Node } from "../ir/graph.ts";
import type { LibraryCall } from "../ir/origins.ts";
import { visitPending } from "../ir/visit.ts";
import { formulaOf, operandsOf } from "./node-formula.ts";
import { name, number, type Argument, type Formula } from "./formula.ts";

/** A part that is used twice stands apart from this size on. */
const sharedSize = 7;
/** A part of this size or depth stands apart in any case, so that formulas are bounded by the graph. */
const maxSize = 300;
const maxDepth = 40;

export interface Vocabulary {
  /** The name that stands for a node, or null where its formula does. */
  readonly nameOf: (node: Node) => string | null;
  /** Calls of library functions by their results. */
  readonly calls: ReadonlyMap<Node, LibraryCall>;
  /** Names that parts standing apart may not take. */
  readonly taken: ReadonlySet<string>;
}

export interface Formulas {
  /** One a root: its definition, also where it has a name. */
  readonly formulas: readonly Formula[];
  /** What stands apart, in order; each may use those before. */
  readonly where: readonly { readonly name: string; readonly formula: Formula }[];
}

/** The formula of each root. A root is written out even if it has a name; everything inside goes by name where it can. */
export function readFormulas(roots: readonly Node[], vocabulary: Vocabulary): Formulas {
  return new Reader(vocabulary).read(roots);
}

interface Entry {
  readonly formula: Formula;
  readonly size: number;
  readonly depth: number;
}

class Reader {
  readonly #vocabulary: Vocabulary;
  readonly #entries = new Map<Node, Entry>();
  readonly #uses = new Map<Node, number>();
  readonly #where: { name: string; formula: Formula }[] = [];
  #count = 0;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  read(roots: readonly Node[]): Formulas {
    const counted = new Set<Node>();
    const count = (node: Node, parts: readonly Node[]): void => {
      if (counted.has(node)) return;
      counted.add(node);
      for (const part of parts) this.#uses.set(part, (this.#uses.get(part) ?? 0) + 1);
    };
    const inside = (node: Node): readonly Node[] => this.#inside(node);
    for (const root of roots) {
      for (const part of this.#parts(root)) {
        visitPending(
          part,
          (n) => counted.has(n),
          (n) => {
            count(n, inside(n));
          },
          inside,
        );
        this.#uses.set(part, (this.#uses.get(part) ?? 0) + 1);
      }
    }
    const formulas = roots.map((root) => {
      for (const part of this.#parts(root)) {
        visitPending(
          part,
          (n) => this.#entries.has(n),
          (n) => this.#entries.set(n, this.#refer(n)),
          inside,
        );
      }
      return this.#define(root).formula;
    });
    return { formulas, where: this.#where };
  }

  /** What a node's formula is made of, if it goes by no name. */
  #inside(node: Node): readonly Node[] {
    return this.#vocabulary.nameOf(node) === null ? this.#parts(node) : [];
  }

  #parts(node: Node): readonly Node[] {
    const call = this.#vocabulary.calls.get(node);
    if (call === undefined) return operandsOf(node);
    return call.arguments.flatMap(({ value }) => (value === null || typeof value === "string" ? [] : [value]));
  }

  /** How a node is written inside another one's formula. */
  #refer(node: Node): Entry {
    const known = this.#vocabulary.nameOf(node);
    if (known !== null) return { formula: name(known), size: 1, depth: 0 };
    const entry = this.#define(node);
    const shared = (this.#uses.get(node) ?? 0) > 1 && entry.size >= sharedSize;
    if (!shared && entry.size < maxSize && entry.depth < maxDepth) return entry;
    const apart = this.#fresh();
    this.#where.push({ name: apart, formula: entry.formula });
    return { formula: name(apart), size: 1, depth: 0 };
  }

  #define(node: Node): Entry {
    const parts = this.#parts(node).map((part) => this.#entry(part));
    const size = parts.reduce((total, part) => total + part.size, 1);
    const depth = parts.reduce((most, part) => Math.max(most, part.depth), 0) + 1;
    const call = this.#vocabulary.calls.get(node);
    const read = (part: Node): Formula => this.#entry(part).formula;
    return { formula: call === undefined ? formulaOf(node, read) : this.#call(call), size, depth };
  }

  #call({ callee, arguments: given }: LibraryCall): Formula {
    let named = false;
    const args = given.flatMap(({ parameter, value }): Argument[] => {
      if (value === null) {
        named = true;
        return [];
      }
      const formula = typeof value === "string" ? name(value) : this.#entry(value).formula;
      return [{ name: named ? parameter : null, value: formula }];
    });
    return { kind: "call", callee, arguments: args };
  }

  #entry(node: Node): Entry {
    return this.#entries.get(node) ?? { formula: number(NaN), size: 1, depth: 0 };
  }

  #fresh(): string {
    for (;;) {
      const text = `t${++this.#count}`;
      if (!this.#vocabulary.taken.has(text)) return text;
    }
  }
}
