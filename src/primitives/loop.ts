/** The loop, a record with a body graph, and the reading of its results. */
import { print as printDim } from "../ir/dim.ts";
import type { Loop, Node, TensorType } from "../ir/graph.ts";
import { ShapeFault } from "../ir/primitive.ts";
import type { PrimitiveRecord } from "../ir/primitive.ts";
import { plain, structural } from "./define.ts";
import { unknown } from "./facts.ts";
import { requireElement, requireSameShape } from "./shapes.ts";

/** The types that the operands of a loop must have: carries, stacked inputs, invariants, the number of rounds. */
function operandTypes(record: Loop): TensorType[] {
  const stacked = record.stackedInputs.map(({ element, shape }) => ({ element, shape: [record.trip, ...shape] }));
  const count: TensorType[] = record.counted ? [{ element: "index", shape: [] }] : [];
  return [...record.carries, ...stacked, ...record.invariants, ...count];
}

/** The types of a loop's results: the final carries, then the stacked outputs. */
export function resultTypes(record: Loop): TensorType[] {
  const stacked = record.stackedOutputs.map(({ element, shape }) => ({ element, shape: [record.trip, ...shape] }));
  return [...record.carries, ...stacked].map(({ element, shape }) => ({ element, shape }));
}

function requireType(found: TensorType, wanted: TensorType, what: string): void {
  requireElement(found, [wanted.element], what);
  requireSameShape(wanted.shape, found.shape);
}

export const loop: PrimitiveRecord<"loop"> = {
  ...plain,
  name: "loop",
  arity: "any",
  print: ({ record }) => {
    const ends = record.counted || record.condition !== null;
    return `trip${ends ? "<" : ""}=${printDim(record.trip)}${record.reverse ? " reverse" : ""}${record.recompute ? " recompute" : ""}`;
  },
  // A loop has several results, read with loop_result; its own type is that of nothing.
  shape: (operands, { record }) => {
    const wanted = operandTypes(record);
    if (wanted.length !== operands.length) {
      throw new ShapeFault(`a loop wants ${wanted.length} values, found ${operands.length}`);
    }
    operands.forEach((operand, k) => {
      requireType(operand, wanted[k], "a loop");
    });
    if (record.next.length !== record.carries.length) throw new ShapeFault("a carry of a loop has no next value");
    if (record.condition !== null)
      requireType(record.condition, { element: "bool", shape: [] }, "the condition of a loop");
    record.next.forEach((next, k) => {
      requireType(next, record.carries[k], "the next value of a carry");
    });
    return { element: "real", shape: [] };
  },
  meaning: null,
  derivative: structural,
  facts: () => unknown,
};

export const loopResult: PrimitiveRecord<"loop_result"> = {
  ...plain,
  name: "loop_result",
  arity: 1,
  print: ({ index }) => `index=${index}`,
  shape: ([source], { index }) => {
    if (!isLoop(source)) throw new ShapeFault("loop_result reads a loop");
    const type = resultTypes(source.attributes.record).at(index);
    if (type === undefined || index < 0) throw new ShapeFault(`a loop has no result ${index}`);
    return type;
  },
  meaning: null,
  derivative: structural,
  facts: () => unknown,
};

// Builders give shape rules the operands themselves, whose records say what a loop results in.
function isLoop(operand: TensorType): operand is Node<"loop"> {
  return "primitive" in operand && operand.primitive === "loop";
}
