/** The product-sum over index labels: matrix products, outer products, einsum of two operands. */
import { equal, print as printDim } from "../ir/dim.ts";
import type { Dim, Shape } from "../ir/dim.ts";
import type { AttributesOf } from "../ir/graph.ts";
import { ShapeFault } from "../ir/primitive.ts";
import type { PrimitiveRecord } from "../ir/primitive.ts";
import type { Value } from "../ir/value.ts";
import { bilinear, plain } from "./define.ts";
import { blank, roundingError, sizeOf } from "./evaluate.ts";
import { multiplyFacts } from "./facts.ts";
import { sumFacts } from "./reduction.ts";
import { requireElement, requireRank, requireSameShape } from "./shapes.ts";
import { stridesOf, walk } from "./strided.ts";

type Labels = AttributesOf["contract"];

/** The size of each label; throws ShapeFault where the operands differ on one, or a label stands in one list alone. */
function labelSizes([left, right]: readonly Shape[], labels: Labels): Map<string, Dim> {
  const sizes = new Map<string, Dim>();
  for (const [shape, names] of [
    [left, labels.left],
    [right, labels.right],
  ] as const) {
    // prettier-ignore
    requireRank(shape, names.length, "a product");
    if (new Set(names).size !== names.length) throw new ShapeFault(`an operand of a product names an axis twice: ${names.join("")}`); // prettier-ignore
    names.forEach((name, k) => {
      const size = shape[shape.length - names.length + k];
      const known = sizes.get(name);
      if (known !== undefined && !equal(known, size)) {
        throw new ShapeFault(`the operands of a product differ on a shared axis: ${printDim(known)} and ${printDim(size)}`); // prettier-ignore
      }
      sizes.set(name, size);
    });
  }
  const lists = [labels.left, labels.right, labels.result];
  if (new Set(labels.result).size !== labels.result.length) throw new ShapeFault("a product names a result axis twice");
  for (const name of new Set(lists.flat())) {
    if (lists.filter((list) => list.includes(name)).length >= 2) continue;
    throw new ShapeFault(`axis ${name} of a product stands in one operand alone`);
  }
  return sizes;
}

const batchOf = (shape: Shape, labels: readonly string[]): Shape => shape.slice(0, shape.length - labels.length);

/** Labels that are summed over. */
function summedLabels({ left, right, result }: Labels): string[] {
  return left.filter((label) => right.includes(label) && !result.includes(label));
}

export const contract: PrimitiveRecord<"contract"> = {
  ...plain,
  name: "contract",
  arity: 2,
  print: ({ left, right, result }) => `${left.join(",")};${right.join(",")}->${result.join(",")}`,
  shape: ([left, right], labels) => {
    requireElement(left, ["real", "index"], "a product");
    requireElement(right, [left.element], "a product");
    const sizes = labelSizes([left.shape, right.shape], labels);
    const batch = batchOf(left.shape, labels.left);
    requireSameShape(batch, batchOf(right.shape, labels.right));
    const axes = labels.result.map((label) => sizes.get(label)).filter((size) => size !== undefined);
    return { element: left.element, shape: [...batch, ...axes] };
  },
  meaning: ([left, right], labels, at) => {
    const batch = left.shape.length - labels.left.length;
    // The strides of an operand along labels, 0 where it lacks one.
    const along = (x: Value, names: readonly string[], wanted: readonly string[]): number[] => {
      const strides = stridesOf(x.shape);
      return wanted.map((name) => (names.includes(name) ? strides[batch + names.indexOf(name)] : 0));
    };
    const summed = summedLabels(labels);
    const inner = summed.map((name) => left.shape[batch + labels.left.indexOf(name)]);
    const [p, q] = [along(left, labels.left, summed), along(right, labels.right, summed)];
    const terms = sizeOf(inner);
    const [pCells, qCells] = [new Int32Array(terms), new Int32Array(terms)];
    walk(inner, [p, q], (cell, [i, j]) => {
      pCells[cell] = i;
      qCells[cell] = j;
    });
    const result = blank(at.shape, at.element);
    const outer = [
      [...stridesOf(left.shape).slice(0, batch), ...along(left, labels.left, labels.result)],
      [...stridesOf(right.shape).slice(0, batch), ...along(right, labels.right, labels.result)],
    ];
    walk(at.shape, outer, (cell, [i, j]) => {
      let [sum, error, magnitude] = [0, 0, 0];
      for (let t = 0; t < terms; t++) {
        const [m, n] = [i + pCells[t], j + qCells[t]];
        const product = left.data[m] * right.data[n];
        sum += product;
        magnitude += Math.abs(product);
        const [dx, dy] = [left.error[m], right.error[n]];
        if (dx !== 0 || dy !== 0) {
          error += dx === 0 ? 0 : dx * (Math.abs(right.data[n]) + dy);
          error += dy === 0 ? 0 : dy * Math.abs(left.data[m]);
        }
      }
      result.data[cell] = sum;
      const own = at.element === "real" ? roundingError(magnitude, terms + 2, at.unitRoundoff) : 0;
      // An infinite error of an operand against an exact zero.
      result.error[cell] = (Number.isNaN(error) ? Infinity : error) + own;
    });
    return result;
  },
  // The cotangent of an operand is the product of the result's cotangent with the other operand.
  derivative: bilinear((b, cotangent, { operands, attributes: { left, right, result } }, operand) => {
    const [mine, other] = operand === 0 ? [left, right] : [right, left];
    return b.create("contract", [cotangent, operands[1 - operand]], { left: result, right: other, result: mine });
  }),
  facts: ([x, y], labels, shapes) => {
    const summed = summedLabels(labels);
    const sizes = shapes === undefined ? null : labelSizes(shapes, labels);
    const counts = sizes === null ? null : summed.map((name) => sizes.get(name)).filter((size) => size !== undefined);
    return sumFacts(multiplyFacts(x, y), counts);
  },
};
