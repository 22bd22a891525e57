/** Reads sums of terms off a graph: products, quotients, powers and selects against 0 become terms over atoms. */
import { constantValue, is, sigmoid } from "../ir/expressions.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { AnyNode, AttributesOf, Node } from "../ir/graph.ts";
import { collect } from "./compose.ts";
import { opposites } from "./opposite.ts";
import { exponentOf, indicatorKey, multiplyTerms, numberTerm, powerTerm, scaleTerm, sortFactors } from "./term.ts";
import type { Factor, Indicator, Term } from "./term.ts";

/** More terms or steps than this are no textbook simplification: the expression stays as it is. */
const maxTerms = 16;
const maxSteps = 48;

interface Pending {
  readonly node: Node;
  readonly exponent: number;
  /** The broadcast that the node stands under, if any. */
  readonly under: AttributesOf["broadcast"] | null;
}

export class Decomposer {
  readonly #b: GraphBuilder;
  readonly #mayEnter: (node: Node) => boolean;
  readonly #isLive: (node: Node) => boolean;
  readonly #limit: number;
  readonly #turned: boolean;
  /** Nodes that were looked through. */
  readonly entered = new Set<Node>();
  /** How many atoms, numbers and signs were met: what the graph spends on the expression as it is. */
  leaves = 0;
  /** How often a factor met its reciprocal while sums were multiplied out. */
  cancelled = 0;
  /** How often either of σ(x - y) and σ(y - x) could have been written by the other one. */
  choices = 0;
  /** More was met than is worth looking at. */
  exceeded = false;

  /** `turned`: of σ(x - y) and σ(y - x) the newer is kept. */
  constructor(
    b: GraphBuilder,
    mayEnter: (node: Node) => boolean,
    isLive: (node: Node) => boolean,
    limit = Infinity,
    turned = false,
  ) {
    this.#b = b;
    this.#mayEnter = mayEnter;
    this.#isLive = isLive;
    this.#limit = limit;
    this.#turned = turned;
  }

  /** The addends of a node, in order. */
  sum(root: Node): Term[] {
    const terms: Term[] = [];
    const pending: { node: Node; scale: number }[] = [{ node: root, scale: 1 }];
    for (let at = pending.pop(); at !== undefined && !this.exceeded; at = pending.pop()) {
      const { node, scale } = at;
      const enter = node === root || this.#mayEnter(node);
      if (enter && (is(node, "add") || is(node, "subtract"))) {
        this.#enter(node);
        const [x, y] = node.operands;
        pending.push({ node: y, scale: is(node, "add") ? scale : -scale }, { node: x, scale });
      } else if (enter && is(node, "negate")) {
        this.#enter(node);
        this.leaves++;
        pending.push({ node: node.operands[0], scale: -scale });
      } else {
        terms.push(scaleTerm(this.#product(node, node === root), scale));
      }
    }
    return terms;
  }

  #enter(node: Node): void {
    this.entered.add(node);
    if (this.entered.size > this.#limit) this.exceeded = true;
  }

  /** The factors of a node. */
  #product(root: Node, isRoot: boolean): Term {
    let numerator = 1;
    let denominator = 1;
    const factors = new Map<number, Factor>();
    let indicators: Map<number, Indicator> | null = null;
    const pending: Pending[] = [{ node: root, exponent: 1, under: null }];
    for (let at = pending.pop(); at !== undefined && !this.exceeded; at = pending.pop()) {
      const { exponent, under } = at;
      const node = at.node as AnyNode;
      const value = constantValue(node);
      if (value !== null && Number.isFinite(value) && (value !== 0 || exponent > 0)) {
        if (Math.abs(value) !== 1) this.leaves++;
        if (exponent > 0) numerator *= value ** exponent;
        else denominator *= value ** -exponent;
        continue;
      }
      const inner = (isRoot && node === root) || this.#mayEnter(node) ? factorsOf(node, at) : null;
      if (inner === null) {
        this.leaves++;
        const spread = under === null ? node : this.#b.create("broadcast", [node], under);
        const base = this.#canonical(spread);
        if (base !== spread && exponent % 2 !== 0) numerator = -numerator;
        const power = (factors.get(base.id)?.exponent ?? 0) + exponent;
        factors.set(base.id, { base, exponent: power });
        continue;
      }
      this.#enter(node);
      if (inner.negative) {
        this.leaves++;
        if (exponent % 2 !== 0) numerator = -numerator;
      }
      if (node.primitive === "power_integer") this.leaves++;
      if (inner.indicator !== null) {
        this.leaves++;
        indicators ??= new Map();
        indicators.set(indicatorKey(inner.indicator), inner.indicator);
      }
      pending.push(...inner.parts);
    }
    const number = scaleTerm(numberTerm(1, denominator), numerator);
    return { ...number, factors: sortFactors(factors.values()), indicators: indicators ?? number.indicators };
  }

  // Of x - y and -(y - x) the graph may hold both: they are one atom.
  #canonical(node: Node): Node {
    if (!is(node, "subtract")) return node;
    const [x, y] = node.operands;
    if (x.id < y.id) return node;
    const turned = this.#b.create("subtract", [y, x], {});
    return this.#isLive(turned) ? turned : node;
  }

  /**
   * The terms with products of sums multiplied out; null if there would be too many. Of several sums in a term the newest
   * is taken first: a sum whose addends are divided by another one goes before that one, so that the division cancels.
   */
  expand(terms: readonly Term[]): Term[] | null {
    if (!this.#mayCancel(terms)) return null;
    const done: Term[] = [];
    const pending = [...terms].reverse();
    let steps = 0;
    for (let term = pending.pop(); term !== undefined; term = pending.pop()) {
      const factor = newestSum(term, (node) => this.#addends(node) !== null);
      const addends = factor === null ? null : this.#addends(factor.base);
      if (factor === null || addends === null) {
        done.push(term);
        if (done.length > maxTerms) return null;
        continue;
      }
      if (++steps > maxSteps || this.exceeded) return null;
      const rest = multiplyTerms(term, powerTerm(factor.base, -1));
      for (const addend of [...addends].reverse()) {
        if (cancels(rest, addend)) this.cancelled++;
        pending.push(multiplyTerms(rest, addend));
      }
    }
    return done;
  }

  // In a single term with a single sum only what is divided by can cancel.
  #mayCancel(terms: readonly Term[]): boolean {
    const sums = terms.flatMap(({ factors }) =>
      factors.filter((f) => f.exponent > 0 && this.#addends(f.base) !== null),
    );
    if (terms.length > 1 || sums.length !== 1) return sums.length > 0;
    return this.#addends(sums[0].base)?.some((addend) => cancels(terms[0], addend)) === true;
  }

  readonly #sums = new Map<Node, Term[] | null>();

  /** What a factor is the sum of; null if it is none that may be entered. */
  #addends(node: Node): Term[] | null {
    const known = this.#sums.get(node);
    if (known !== undefined) return known;
    const addends = this.#readSum(node);
    this.#sums.set(node, addends);
    return addends;
  }

  #readSum(node: Node): Term[] | null {
    if ((is(node, "add") || is(node, "subtract")) && this.#mayEnter(node)) {
      // Like terms first: what cancels here would leave its roundings behind when it is multiplied out.
      const addends = this.sum(node);
      return addends.some((term) => term.numerator === 0) ? addends : collect(addends);
    }
    if (!is(node, "sigmoid")) return null;
    // σ(-z) = 1 - σ(z), where σ(z) is there anyway.
    const [x] = node.operands;
    const partner = opposites(this.#b, x)
      .map((z) => sigmoid(this.#b, z))
      .find((s) => this.#isLive(s));
    if (partner === undefined) return null;
    if (!is(x, "negate")) {
      this.choices++;
      if (partner.operands[0].id < x.id === this.#turned) return null;
    }
    return [numberTerm(1), scaleTerm(powerTerm(partner, 1), -1)];
  }
}

/** Whether a factor of one term is divided by in the other. */
function cancels(p: Term, q: Term): boolean {
  return q.factors.some(({ base, exponent }) => exponentOf(p, base) * exponent < 0);
}

/** The newest factor with a positive power that is a sum. */
function newestSum(term: Term, isSum: (node: Node) => boolean): Factor | null {
  let found: Factor | null = null;
  for (const factor of term.factors) {
    if (factor.exponent < 1 || !isSum(factor.base)) continue;
    if (found === null || factor.base.id > found.base.id) found = factor;
  }
  return found;
}

interface Parts {
  readonly parts: readonly Pending[];
  readonly negative: boolean;
  readonly indicator: Indicator | null;
}

/** The factors that a node is made of; null if it is an atom. */
function factorsOf(node: AnyNode, { exponent, under }: Pending): Parts | null {
  const of = (node: Node, power = 1): Pending => ({ node, exponent: exponent * power, under });
  const made = (parts: readonly Pending[], more: Partial<Parts> = {}): Parts => ({
    parts,
    negative: false,
    indicator: null,
    ...more,
  });
  switch (node.primitive) {
    case "multiply":
      return made([of(node.operands[1]), of(node.operands[0])]);
    case "divide":
      return made([of(node.operands[1], -1), of(node.operands[0])]);
    case "negate":
      return made([of(node.operands[0])], { negative: true });
    case "power_integer":
      return node.attributes.exponent === 0 ? null : made([of(node.operands[0], node.attributes.exponent)]);
    case "select": {
      // The zero of a select holds whatever its other branch is: a condition is a factor of its own.
      const [condition, x, y] = node.operands;
      if (exponent < 1 || under !== null) return null;
      if (constantValue(y) === 0) return made([of(x)], { indicator: { condition, when: true } });
      if (constantValue(x) === 0) return made([of(y)], { indicator: { condition, when: false } });
      return null;
    }
    case "convert": {
      const [condition] = node.operands;
      if (exponent < 1 || under !== null || condition.element !== "bool") return null;
      return made([], { indicator: { condition, when: true } });
    }
    case "broadcast": {
      const [inner] = node.operands;
      if (!isProduct(inner)) return null;
      return made([
        { node: inner, exponent, under: under === null ? node.attributes : joined(under, node.attributes) },
      ]);
    }
    default:
      return null;
  }
}

/** A broadcast of a broadcast, as one. */
function joined(outer: AttributesOf["broadcast"], inner: AttributesOf["broadcast"]): AttributesOf["broadcast"] {
  return { shape: outer.shape, axes: inner.axes.map((axis) => outer.axes[outer.axes.length + axis]) };
}

function isProduct(node: Node): boolean {
  return is(node, "multiply") || is(node, "divide") || is(node, "negate") || is(node, "power_integer");
}
