/**
 * Einstein's summation convention, with the meaning of numpy.einsum: subscripts name axes, and what the result lacks is
 * summed.
 */
import type { Span } from "../../diagnostics/diagnostic.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import { constant as dimConstant, constantOf, equal, print, printShape } from "../../ir/dim.ts";
import type { Dim, Shape } from "../../ir/dim.ts";
import { contract, mul, reduceSum, reshape, transpose } from "../../ir/expressions.ts";
import type { Node } from "../../ir/graph.ts";
import { define } from "./intrinsic.ts";
import type { Intrinsic, IntrinsicContext, WrittenTensor } from "./intrinsic.ts";
import { readSubscripts, type Subscripts, type Term } from "./subscripts-text.ts";
import { real, tensor } from "./support.ts";

const one = dimConstant(1);

/** A tensor whose axes have names, each of them once. */
interface Named {
  readonly node: Node;
  readonly labels: readonly string[];
}

/** What a label is, and where that is known from. */
interface Size {
  readonly dim: Dim;
  readonly operand: number;
}

/** Labels of the axes that `...` stands for: counted from the last, so that operands are aligned at the end. */
function hiddenLabels(count: number): string[] {
  return Array.from({ length: count }, (_, k) => `.${count - 1 - k}`);
}

/** How an operand is called in messages. */
function described({ value, span }: WrittenTensor, k: number): string {
  const { shape } = value.node;
  const written = span.source.text.slice(span.start, span.end);
  const name = written.length <= 24 && !written.includes("\n") ? `, \`${written}\`` : "";
  return `operand ${k + 1}${name}${shape.length === 0 ? "" : ` ${printShape(shape)}`}`;
}

class Einsum {
  readonly #context: IntrinsicContext;
  readonly #b: GraphBuilder;
  readonly #subscripts: Subscripts;
  readonly #operands: readonly WrittenTensor[];
  readonly #sizes = new Map<string, Size>();

  constructor(context: IntrinsicContext, subscripts: Subscripts, operands: readonly WrittenTensor[]) {
    this.#context = context;
    this.#b = context.builder;
    this.#subscripts = subscripts;
    this.#operands = operands;
  }

  value(): Node {
    const labels = this.#subscripts.operands.map((term, k) => this.#labelsOf(term, k));
    labels.forEach((own, k) => {
      own.forEach((label, axis) => {
        this.#note(label, this.#operands[k].value.node.shape[axis], k);
      });
    });
    const hidden = [...this.#sizes.keys()].filter((label) => label.startsWith(".")).length;
    const result = this.#resultLabels(labels, hiddenLabels(hidden));
    const simple = labels.map((own, k) => this.#withoutRepeats(real(this.#b, this.#operands[k].value.node), own));
    const parts = simple.map((part, k) => this.#summedAlone(part, simple.toSpliced(k, 1), result));
    return this.#product(parts, result);
  }

  /** A label for each axis of operand k. */
  #labelsOf({ letters, ellipsis, span }: Term, k: number): string[] {
    const operand = this.#operands[k];
    const rank = operand.value.node.shape.length;
    const names = letters.map(({ name }) => name);
    if (ellipsis === null ? rank === names.length : rank >= names.length) {
      return names.toSpliced(ellipsis ?? 0, 0, ...hiddenLabels(rank - names.length));
    }
    const args = { letters: names.join(""), count: names.length, operand: described(operand, k), rank };
    const help = rank > names.length ? `\`...${args.letters}\` leaves leading axes as they are` : null;
    throw this.#context.fault("einsum-rank", args, span, {
      help,
      related: [
        {
          span: operand.span,
          label: rank === 0 ? "this is a scalar" : `this is ${printShape(operand.value.node.shape)}`,
        },
      ],
    });
  }

  /** Of two sizes that are not equal, one is 1 and is stretched, as in NumPy; but not along a diagonal. */
  #note(label: string, dim: Dim, k: number): void {
    const known = this.#sizes.get(label);
    const isStretched = known !== undefined && constantOf(known.dim) === 1 && known.operand !== k;
    if (known === undefined || isStretched) {
      this.#sizes.set(label, { dim, operand: k });
      return;
    }
    if (equal(known.dim, dim) || (constantOf(dim) === 1 && known.operand !== k)) return;
    const [first, second] = [this.#operands[known.operand], this.#operands[k]];
    const letter = label.startsWith(".") ? "..." : label;
    const isSame = known.operand === k;
    const sizes = [print(known.dim), print(dim)] as const;
    const operands = [described(first, known.operand), isSame ? null : described(second, k)] as const;
    const related = isSame
      ? [{ span: this.#subscripts.operands[k].span, label: `\`${letter}\` stands for both axes here` }]
      : [{ span: first.span, label: `\`${letter}\` is ${sizes[0]} here` }];
    throw this.#context.fault("einsum-size", { letter, sizes, operands }, second.span, { related });
  }

  /** The labels of the result: as written, or those that stand once, in order of the alphabet. */
  #resultLabels(operands: readonly (readonly string[])[], hidden: readonly string[]): readonly string[] {
    const { result } = this.#subscripts;
    if (result === null) {
      const all = operands.flat().filter((label) => !label.startsWith("."));
      return [...hidden, ...all.filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort()];
    }
    const refuse = (why: string, span: Span): Error => this.#context.fault("einsum-result", { why }, span);
    const names = result.letters.map(({ name }) => name);
    result.letters.forEach(({ name, span }, k) => {
      if (names.indexOf(name) < k) throw refuse(`\`${name}\` stands twice in the result`, span);
      if (operands.some((labels) => labels.includes(name))) return;
      throw refuse(`\`${name}\` stands in the result, but in none of the operands`, span);
    });
    if (result.ellipsis === null && hidden.length > 0) {
      const why = `the result leaves out \`...\`, which stands for ${hidden.length === 1 ? "an axis" : `${hidden.length} axes`} of the operands`;
      throw this.#context.fault("einsum-result", { why }, result.span, {
        help: `write \`->...${names.join("")}\`, or give each axis a letter and leave that out`,
      });
    }
    return names.toSpliced(result.ellipsis ?? 0, 0, ...(result.ellipsis === null ? [] : hidden));
  }

  /** The diagonal along labels that stand twice, and no axis of 1 where another operand has more. */
  #withoutRepeats(node: Node, labels: readonly string[]): Named {
    let part: Named = { node, labels };
    for (let at = repeatedLabel(part.labels); at !== null; at = repeatedLabel(part.labels))
      part = this.#diagonal(part, at);
    const isKept = part.labels.map(
      (label, k) => constantOf(part.node.shape[k]) !== 1 || constantOf(this.#sizeOf(label)) === 1,
    );
    const shape = part.node.shape.filter((_, k) => isKept[k]);
    return { node: reshape(this.#b, part.node, shape), labels: part.labels.filter((_, k) => isKept[k]) };
  }

  #diagonal({ node, labels }: Named, label: string): Named {
    const pair = [labels.indexOf(label), labels.lastIndexOf(label)];
    const rest = labels.map((_, k) => k).filter((k) => !pair.includes(k));
    const turned = transpose(this.#b, node, [...pair, ...rest].map((k) => k - labels.length)); // prettier-ignore
    const places = this.#b.create("iota", [], { size: node.shape[pair[0]] });
    // Row i has one place, i: as many entries are read as there are.
    const chosen = this.#b.create("gather", [turned, places], { batch: 1 });
    return { node: chosen, labels: [label, ...rest.map((k) => labels[k])] };
  }

  /** The sum over what stands neither in the result nor in another operand. */
  #summedAlone({ node, labels }: Named, others: readonly Named[], result: readonly string[]): Named {
    const isSummed = labels.map(
      (label) => !result.includes(label) && !others.some((other) => other.labels.includes(label)),
    );
    const axes = labels.flatMap((_, k) => (isSummed[k] ? [k - labels.length] : []));
    return { node: reduceSum(this.#b, node, axes), labels: labels.filter((_, k) => !isSummed[k]) };
  }

  #product(operands: readonly Named[], result: readonly string[]): Node {
    const parts = [...operands];
    while (parts.length > 1) {
      const [p, q] = this.#nextPair(parts, result);
      const [x, y] = [parts[p], parts[q]];
      const others = parts.filter((_, k) => k !== p && k !== q);
      const kept = (label: string): boolean =>
        result.includes(label) || others.some(({ labels }) => labels.includes(label));
      const labels = others.length === 0 ? result : [...new Set([...x.labels, ...y.labels])].filter(kept);
      parts[p] = { node: this.#multiplied(x, y, labels), labels };
      parts.splice(q, 1);
    }
    return arranged(this.#b, parts[0], result);
  }

  /** Which operands to multiply first: the pair that leaves the least behind, or the first two where sizes are not known. */
  #nextPair(parts: readonly Named[], result: readonly string[]): readonly [number, number] {
    if (parts.length === 2 || parts.some(({ node }) => node.shape.some((dim) => constantOf(dim) === null)))
      return [0, 1];
    const count = (labels: readonly string[]): number =>
      labels.reduce((product, label) => product * (constantOf(this.#sizeOf(label)) ?? 1), 1);
    let best: readonly [number, number] = [0, 1];
    let least = [Infinity, Infinity];
    for (let p = 0; p < parts.length; p++) {
      for (let q = p + 1; q < parts.length; q++) {
        const [x, y] = [parts[p].labels, parts[q].labels];
        const others = parts.filter((_, k) => k !== p && k !== q).flatMap(({ labels }) => labels);
        const all = [...new Set([...x, ...y])];
        const left = all.filter((label) => result.includes(label) || others.includes(label));
        // What it adds to the entries that are around, then its products.
        const cost = [count(left) - count(x) - count(y), count(all)];
        if (cost[0] > least[0] || (cost[0] === least[0] && cost[1] >= least[1])) continue;
        least = cost;
        best = [p, q];
      }
    }
    return best;
  }

  /** The product of two operands, summed over what `labels` lacks: that stands in both. */
  #multiplied(x: Named, y: Named, labels: readonly string[]): Node {
    const isSum = [...x.labels, ...y.labels].some((label) => !labels.includes(label));
    const isOuter = ![x, y].some((part) => part.labels.length === labels.length);
    if (isSum || isOuter) return contract(this.#b, [x.node, x.labels], [y.node, y.labels], labels);
    const shape = labels.map((label) => this.#sizeOf(label));
    return mul(this.#b, spread(this.#b, x, labels, shape), spread(this.#b, y, labels, shape));
  }

  #sizeOf(label: string): Dim {
    return this.#sizes.get(label)?.dim ?? one;
  }
}

function repeatedLabel(labels: readonly string[]): string | null {
  return labels.find((label, k) => labels.indexOf(label) < k) ?? null;
}

function arranged(b: GraphBuilder, { node, labels }: Named, order: readonly string[]): Node {
  return transpose(b, node, order.map((label) => labels.indexOf(label) - labels.length)); // prettier-ignore
}

/** Along all of `labels`, in this order; along those that it lacks it does not vary. */
function spread(b: GraphBuilder, part: Named, labels: readonly string[], shape: Shape): Node {
  const own = labels.filter((label) => part.labels.includes(label));
  const turned = arranged(b, part, own);
  if (own.length === labels.length) return turned;
  return b.create("broadcast", [turned], { shape, axes: own.map((label) => labels.indexOf(label) - labels.length) });
}

export const einsumIntrinsic: Intrinsic = define(
  "einsum",
  [
    { name: "text", kind: "text" },
    { name: "a", kind: "operands" },
  ],
  (context, { text, a: operands }) => {
    const subscripts = readSubscripts(context, text);
    const [wanted, found] = [subscripts.operands.length, operands.length];
    if (wanted !== found) {
      throw context.fault("einsum-operands", { wanted, found }, text.span(0, text.text.length));
    }
    return tensor(new Einsum(context, subscripts, operands).value());
  },
);
