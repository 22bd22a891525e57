/** Random numbers, from a counter-based generator. */
import { printShape } from "../ir/dim.ts";
import { ShapeFault } from "../ir/primitive.ts";
import type { PrimitiveRecord } from "../ir/primitive.ts";
import { uniform } from "../ir/random.ts";
import { none, plain } from "./define.ts";
import { blank } from "./evaluate.ts";
import { between, closed, open } from "./facts.ts";
import { requireElement } from "./shapes.ts";

export const random: PrimitiveRecord<"random"> = {
  ...plain,
  name: "random",
  arity: 2,
  print: ({ site, shape }) => `site=${site} shape=${printShape(shape)}`,
  shape: (operands, { shape }) => {
    for (const operand of operands) {
      requireElement(operand, ["index"], "a seed or step");
      if (operand.shape.length > 0) throw new ShapeFault("a seed or step is a scalar");
    }
    return { element: "real", shape };
  },
  meaning: ([seed, step], { site }, at) => {
    const result = blank(at.shape, "real");
    result.data.forEach((_, k) => (result.data[k] = uniform(seed.data[0], step.data[0], site, k)));
    return result;
  },
  derivative: none,
  facts: () => between(closed(0), open(1), { finite: true }),
};
