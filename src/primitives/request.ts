/** Derivative requests: what `grad`, `jvp` and `jacobian` lower to. Differentiation replaces them. */
import { printShape } from "../ir/dim.ts";
import type { TensorType } from "../ir/graph.ts";
import { ShapeFault } from "../ir/primitive.ts";
import type { PrimitiveRecord } from "../ir/primitive.ts";
import { plain, printNothing, structural } from "./define.ts";
import { unknown } from "./facts.ts";
import { requireElement, requireRank, requireSameShape } from "./shapes.ts";

function requireReal(operands: readonly TensorType[]): void {
  for (const operand of operands) requireElement(operand, ["real"], "a derivative");
}

const request = { ...plain, print: printNothing, meaning: null, derivative: structural, facts: () => unknown };

export const gradient: PrimitiveRecord<"gradient"> = {
  ...request,
  name: "gradient",
  arity: 2,
  shape: ([y, x]) => {
    requireReal([y, x]);
    if (y.shape.length > 0) {
      throw new ShapeFault(`a gradient is of a scalar, not of ${printShape(y.shape)}; take \`jacobian\``);
    }
    return x;
  },
};

export const jvp: PrimitiveRecord<"jvp"> = {
  ...request,
  name: "jvp",
  arity: 3,
  shape: ([y, x, v]) => {
    requireReal([y, x, v]);
    requireSameShape(x.shape, v.shape);
    return y;
  },
};

export const jacobian: PrimitiveRecord<"jacobian"> = {
  ...request,
  name: "jacobian",
  arity: 2,
  print: ({ batch }) => (batch === 0 ? "" : `batch=${batch}`),
  shape: ([y, x], { batch }) => {
    requireReal([y, x]);
    requireRank(y.shape, batch, "a derivative");
    requireRank(x.shape, batch, "a derivative");
    requireSameShape(y.shape.slice(0, batch), x.shape.slice(0, batch));
    return { element: "real", shape: [...y.shape, ...x.shape.slice(batch)] };
  },
};
