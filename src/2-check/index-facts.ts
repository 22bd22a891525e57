/** What is known of the integers that indices of `[i < n] -> ...` make: their range, and what an `if` around them says. */
import { add, constant as dimConstant, equal, isNonNegative, negate, subtract, type Dim } from "../ir/dim.ts";
import { constantValue, is, topological } from "../ir/expressions.ts";
import type { AnyNode, Node } from "../ir/graph.ts";
import { rangeOf, type Range } from "../ir/index-range.ts";
import type { GraphBuilder } from "../ir/builder.ts";

/** Where an `if` was decided so: `node` is at least `low` or at most `high`. */
interface Fact {
  readonly node: Node;
  readonly low: Dim | null;
  readonly high: Dim | null;
}

/** A condition that is known to hold, or not to. */
export interface Known {
  readonly condition: Node;
  readonly holds: boolean;
}

const zero = dimConstant(0);
const one = dimConstant(1);

export class IndexFacts {
  readonly #b: GraphBuilder;
  readonly #indices = new Set<Node>();
  /** Indices of `[i < n] -> ...`: their values are all there at once, those of a loop come one by one. */
  readonly #spread = new Set<Node>();
  #facts: readonly Fact[] = [];
  #known: readonly Known[] = [];

  constructor(b: GraphBuilder) {
    this.#b = b;
  }

  /** A new index of 0 .. size - 1. `spread`: of index notation, not of a loop. */
  create(name: string, size: Dim, spread = false): Node<"parameter"> {
    const type = { element: "index", shape: [] } as const;
    const attributes = { name: `${name} ${this.#b.size}`, type, bound: size, held: "number" } as const;
    const index = this.#b.create("parameter", [], attributes);
    this.#indices.add(index);
    if (spread) this.#spread.add(index);
    return index;
  }

  /** Whether an integer is made of indices and dims alone, so that no data decides it. */
  isKnown(node: Node): boolean {
    const sources = topological([node]).filter(({ operands }) => operands.length === 0);
    const isIndex = (n: Node): boolean => this.#indices.has(n);
    return sources.some(isIndex) && sources.every((n) => isIndex(n) || is(n, "dimension") || is(n, "constant"));
  }

  /** Whether index notation walks through an axis: by one index, or forwards by two, each a number of steps at a time. */
  isWalk(node: Node): boolean {
    const steps = this.#stepsOf(node);
    const moving = steps === null ? [] : [...steps.values()].filter((step) => step !== 0);
    return moving.length === 1 || (moving.length === 2 && moving.every((step) => step > 0));
  }

  /** By how much an affine integer grows with each index; null for any other integer, and for steps that are no numbers. */
  #stepsOf(node: Node): ReadonlyMap<Node, number> | null {
    const found = new Map<Node, ReadonlyMap<Node, number> | null>();
    for (const n of topological([node])) {
      const [x, y] = n.operands.map((operand) => found.get(operand) ?? null);
      found.set(n, this.#spread.has(n) ? new Map([[n, 1]]) : steps(n, x, y));
    }
    return found.get(node) ?? null;
  }

  /** The range of an integer, wherever it stands; `here`: where the conditions around it hold. */
  range(node: Node, here: boolean): Range | null {
    const ranges = new Map<Node, Range | null>();
    for (const n of topological([node])) {
      const own = n.element === "index" ? rangeOf(n as AnyNode, (o) => ranges.get(o) ?? null) : null;
      ranges.set(n, own === null || !here ? own : this.#narrowed(n, own));
    }
    return ranges.get(node) ?? null;
  }

  #narrowed(node: Node, range: Range): Range {
    let { low, high } = range;
    // A number is what it is, whatever else is known of it.
    if (equal(low, high)) return range;
    for (const fact of this.#facts) {
      if (fact.node !== node) continue;
      if (fact.low !== null && isNonNegative(subtract(low, fact.low)) !== true) low = fact.low;
      if (fact.high !== null && isNonNegative(subtract(fact.high, high)) !== true) high = fact.high;
    }
    return { low, high };
  }

  /** Whether the conditions around never hold together: what stands here is not selected. */
  isNowhere(): boolean {
    return this.#facts.some(({ node, low, high }) => {
      const range = this.range(node, false);
      if (range === null) return false;
      const isBelow = low !== null && isNonNegative(subtract(range.high, low)) === false;
      return isBelow || (high !== null && isNonNegative(subtract(high, range.low)) === false);
    });
  }

  /** Runs `body` where conditions are known to hold, or not to. */
  where<T>(known: readonly Known[], body: () => T): T {
    const before = { facts: this.#facts, known: this.#known };
    for (const { condition, holds } of known) this.#facts = [...this.#facts, ...this.#factsOf(condition, holds)];
    this.#known = [...before.known, ...known];
    try {
      return body();
    } finally {
      this.#facts = before.facts;
      this.#known = before.known;
    }
  }

  /** What the conditions around mean for a body that gets these: equal keys, equal meaning. Reals have no part in subscripts. */
  keyFor(nodes: readonly Node[]): string {
    if (!nodes.some((node) => this.isKnown(node))) return "";
    return this.#known.map(({ condition, holds }) => `${holds ? "" : "not "}${condition.id}`).join(" ");
  }

  /** The integer where the conditions around it hold, elsewhere 0. */
  chosen(node: Node): Node {
    const b = this.#b;
    return this.#known.reduceRight((inner, { condition, holds }) => {
      if (condition.shape.length > 0) return inner;
      const nothing = b.create("constant", [], { value: 0, element: "index" });
      return b.create("select", holds ? [condition, inner, nothing] : [condition, nothing, inner], {});
    }, node);
  }

  #factsOf(condition: Node, holds: boolean): readonly Fact[] {
    const [a, b] = condition.operands;
    switch (condition.primitive) {
      case "not":
        return this.#factsOf(a, !holds);
      case "and":
        return holds ? [...this.#factsOf(a, true), ...this.#factsOf(b, true)] : [];
      case "or":
        return holds ? [] : [...this.#factsOf(a, false), ...this.#factsOf(b, false)];
      case "less":
        return holds ? this.#atMost(a, b, one) : this.#atMost(b, a, zero);
      case "less_equal":
        return holds ? this.#atMost(a, b, zero) : this.#atMost(b, a, one);
      case "equal":
        return holds ? [...this.#atMost(a, b, zero), ...this.#atMost(b, a, zero)] : this.#apart(a, b);
      default:
        return [];
    }
  }

  /** a != b, where one of them is the least or the largest value of the other. */
  #apart(a: Node, b: Node): readonly Fact[] {
    const [x, y] = [this.range(a, true), this.range(b, true)];
    if (x === null || y === null) return [];
    if (equal(x.low, y.high)) return this.#atMost(b, a, one);
    if (equal(x.high, y.low)) return this.#atMost(a, b, one);
    return [];
  }

  /** a + gap <= b */
  #atMost(a: Node, b: Node, gap: Dim): readonly Fact[] {
    if (a.element !== "index" || b.element !== "index" || a.shape.length > 0 || b.shape.length > 0) return [];
    const facts: Fact[] = [
      { node: this.#b.create("subtract", [b, a], {}), low: gap, high: null },
      { node: this.#b.create("subtract", [a, b], {}), low: null, high: negate(gap) },
    ];
    const [below, above] = [this.range(a, true), this.range(b, true)];
    if (above !== null) facts.push({ node: a, low: null, high: subtract(above.high, gap) });
    if (below !== null) facts.push({ node: b, low: add(below.low, gap), high: null });
    return facts;
  }
}

type Steps = ReadonlyMap<Node, number>;

/** The steps of an integer by those of its operands. */
function steps(node: Node, x: Steps | null | undefined, y: Steps | null | undefined): Steps | null {
  switch (node.primitive) {
    case "constant":
    case "dimension":
      return new Map();
    case "negate":
      return x == null ? null : sumOf(new Map(), x, -1);
    case "add":
      return x == null || y == null ? null : sumOf(x, y, 1);
    case "subtract":
      return x == null || y == null ? null : sumOf(x, y, -1);
    case "multiply": {
      const [p, q] = node.operands.map(constantValue);
      if (p !== null && y != null) return sumOf(new Map(), y, p);
      return q !== null && x != null ? sumOf(new Map(), x, q) : null;
    }
    default:
      return null;
  }
}

/** x + by y */
function sumOf(x: Steps, y: Steps, by: number): Steps {
  const sum = new Map(x);
  for (const [index, step] of y) sum.set(index, (sum.get(index) ?? 0) + by * step);
  return sum;
}
