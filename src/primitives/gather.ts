/** Rows by index, and their adjoint. */
import { constant, print as printDim } from "../ir/dim.ts";
import type { PrimitiveRecord } from "../ir/primitive.ts";
import type { Value } from "../ir/value.ts";
import { linear, plain } from "./define.ts";
import { blank, roundingError, sizeOf } from "./evaluate.ts";
import { above, below, between, closed, unknown } from "./facts.ts";
import { requireAtMost, requireElement, requireRank, requireSameShape } from "./shapes.ts";

/** The sizes in which a gather walks: batches, rows to choose from, choices a batch, cells a row. */
function extents(x: readonly number[], indices: readonly number[], batch: number) {
  return {
    batches: sizeOf(x.slice(0, batch)),
    rows: x[batch],
    choices: sizeOf(indices.slice(batch)),
    cells: sizeOf(x.slice(batch + 1)),
  };
}

/** Calls `visit` with the first cell of each chosen row, and that of the choice. Throws RangeError for an index outside. */
function eachRow(
  indices: Value,
  extent: ReturnType<typeof extents>,
  visit: (row: number, choice: number, sure: boolean) => void,
) {
  // prettier-ignore
  const { batches, rows, choices, cells } = extent;
  for (let k = 0; k < batches * choices; k++) {
    const index = indices.data[k];
    if (!(Number.isInteger(index) && index >= 0 && index < rows)) {
      throw new RangeError(`index ${index} is not one of 0 .. ${rows - 1}`);
    }
    visit((Math.floor(k / choices) * rows + index) * cells, k * cells, indices.error[k] === 0);
  }
}

export const gather: PrimitiveRecord<"gather"> = {
  ...plain,
  name: "gather",
  arity: 2,
  print: ({ batch }) => `batch=${batch}`,
  shape: ([x, indices], { batch }) => {
    requireElement(indices, ["index"], "a subscript");
    requireRank(x.shape, batch + 1, "indexing");
    requireRank(indices.shape, batch, "indexing");
    requireSameShape(x.shape.slice(0, batch), indices.shape.slice(0, batch));
    return { element: x.element, shape: [...indices.shape, ...x.shape.slice(batch + 1)] };
  },
  meaning: ([x, indices], { batch }, at) => {
    const result = blank(at.shape, at.element);
    const extent = extents(x.shape, indices.shape, batch);
    eachRow(indices, extent, (row, choice, sure) => {
      for (let cell = 0; cell < extent.cells; cell++) {
        result.data[choice + cell] = x.data[row + cell];
        result.error[choice + cell] = sure ? x.error[row + cell] : Infinity;
      }
    });
    return result;
  },
  // The cotangents of the choices are added to the rows they came from.
  derivative: linear((b, cotangent, { operands: [x, indices], attributes: { batch } }, operand) =>
    operand === 0 ? b.create("scatter_add", [indices, cotangent], { batch, size: x.shape[batch] }) : null,
  ),
  facts: ([x]) => x,
};

export const scatterAdd: PrimitiveRecord<"scatter_add"> = {
  ...plain,
  name: "scatter_add",
  arity: 2,
  print: ({ batch, size }) => `batch=${batch} size=${printDim(size)}`,
  shape: ([indices, updates], { batch, size }) => {
    requireElement(indices, ["index"], "a subscript");
    requireElement(updates, ["real", "index"], "scatter_add");
    requireRank(indices.shape, batch, "indexing");
    requireRank(updates.shape, indices.shape.length, "scatter_add");
    requireSameShape(indices.shape, updates.shape.slice(0, indices.shape.length));
    requireAtMost(constant(0), size, `an axis would have ${printDim(size)} entries`);
    return {
      element: updates.element,
      shape: [...indices.shape.slice(0, batch), size, ...updates.shape.slice(indices.shape.length)],
    };
  },
  meaning: ([indices, updates], { batch }, at) => {
    const result = blank(at.shape, at.element);
    const magnitude = new Float64Array(result.data.length);
    const terms = new Float64Array(result.data.length);
    const extent = extents(at.shape, indices.shape, batch);
    eachRow(indices, extent, (row, choice) => {
      for (let cell = 0; cell < extent.cells; cell++) {
        const update = updates.data[choice + cell];
        result.data[row + cell] += update;
        result.error[row + cell] += updates.error[choice + cell];
        magnitude[row + cell] += Math.abs(update);
        terms[row + cell]++;
      }
    });
    // An uncertain index may mean any row.
    if (!indices.error.every((error) => error === 0)) result.error.fill(Infinity);
    // The first term is added to zero.
    if (at.element !== "real") return result;
    magnitude.forEach((sum, k) => (result.error[k] += roundingError(sum, terms[k] - 1, at.unitRoundoff)));
    return result;
  },
  derivative: linear((b, cotangent, { operands: [indices], attributes: { batch } }, operand) =>
    operand === 1 ? b.create("gather", [cotangent, indices], { batch }) : null,
  ),
  // A row gets any number of updates, or none.
  facts: ([, x]) => {
    const lower = above(x, 0, true) ? closed(0) : closed(-Infinity);
    const upper = below(x, 0, true) ? closed(0) : closed(Infinity);
    return x.finite ? between(lower, upper, { integer: x.integer, finite: true }) : unknown;
  },
};
