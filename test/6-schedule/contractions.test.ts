import { describe, test } from "vitest";
import * as e from "../../src/ir/expressions.ts";
import type { Node } from "../../src/ir/graph.ts";
import type { Value } from "../../src/ir/value.ts";
import { createBuilder } from "../../src/primitives/index.ts";
import { graphOf, parameter } from "../5-simplify/support.ts";
import { generator, randomValue } from "../primitives/harness.ts";
import { Agreement, type Variant } from "./harness.ts";

// Register tiles are what these sizes are about, not straight-line code.
const looped: readonly Variant[] = [
  { precision: "f64", unroll: false },
  { precision: "f32", unroll: false },
];
const edges = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

/** Every product of matrices n x k and k x m: plain, transposed, batched, with vectors; and its gradients. */
function productsOf(b: ReturnType<typeof createBuilder>, k: number, m: number | "m", n: number | "n") {
  const x = parameter(b, "x", [n, k]);
  const y = parameter(b, "y", [k, m]);
  const xT = parameter(b, "xT", [k, n]);
  const yT = parameter(b, "yT", [m, k]);
  const batch = parameter(b, "batch", [2, n, k]);
  const row = parameter(b, "row", [k]);
  const bias = parameter(b, "bias", [m]);
  const swap = (a: Node): Node => e.transpose(b, a, [-1, -2]);
  const z = e.matmul(b, x, y);
  const outputs: Record<string, Node> = {
    plain: z,
    leftTransposed: e.matmul(b, swap(xT), y),
    rightTransposed: e.matmul(b, x, swap(yT)),
    bothTransposed: e.matmul(b, swap(xT), swap(yT)),
    ofTransposes: swap(e.matmul(b, swap(y), swap(x))),
    batched: e.matmul(b, batch, y),
    batchedRight: e.matmul(b, x, swap(e.broadcastTo(b, yT, [...batch.shape.slice(0, 1), ...yT.shape]))),
    vectorMatrix: e.matmul(b, row, y),
    matrixVector: e.matmul(b, x, row),
    dot: e.matmul(b, row, row),
  };
  const h = e.tanh(b, e.add(b, z, e.broadcastTo(b, bias, z.shape)));
  outputs.layer = h;
  const loss = e.reduceSum(b, e.mul(b, h, h), [-2, -1]);
  for (const [name, p] of Object.entries({ x, y, bias }))
    outputs[`gradient_${name}`] = b.create("gradient", [loss, p], {});
  return graphOf(outputs);
}

function valuesOf(n: number, k: number, m: number): Record<string, Value> {
  const next = generator(100 * n + 10 * k + m);
  const shapes = { x: [n, k], y: [k, m], xT: [k, n], yT: [m, k], batch: [2, n, k], row: [k], bias: [m] };
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, randomValue(next, shape)]));
}

describe.each(edges)("contractions over %i", (k) => {
  test("of symbolic rows and columns", () => {
    const b = createBuilder();
    const agreement = new Agreement(productsOf(b, k, "m", "n"), b, looped);
    for (const n of edges) for (const m of [(n * 3 + k) % 10]) agreement.check(valuesOf(n, k, m), { n, m });
  });

  test.each([1, 3, 4, 5, 8])("of symbolic rows and %i columns", (m) => {
    const b = createBuilder();
    const agreement = new Agreement(productsOf(b, k, m, "n"), b, looped);
    for (const n of [0, 1, 4, 7, 9]) agreement.check(valuesOf(n, k, m), { n });
  });

  test.each([
    [1, 1],
    [3, 4],
    [4, 5],
    [5, 9],
    [8, 2],
    [9, 7],
    [0, 3],
  ])("of %i rows and %i columns", (n, m) => {
    // prettier-ignore
    const b = createBuilder();
    new Agreement(productsOf(b, k, m, n), b, looped).check(valuesOf(n, k, m));
  });
});
