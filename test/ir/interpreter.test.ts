import { describe, expect, test } from "vitest";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import { evaluate, scalar, tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { createBuilder } from "../../src/primitives/index.ts";
import { generator, parameter, randomValue, recordOf } from "../primitives/harness.ts";

function graphOf(node: Node): Graph {
  const parameters = e.topological([node]).filter((n): n is Node<"parameter"> => e.is(n, "parameter"));
  return { parameters, outputs: [{ name: "y", node, updates: null }], requirements: [] };
}

function run(
  node: Node,
  inputs: Record<string, Value>,
  symbols: Record<string, number> = {},
  unitRoundoff?: number,
): Value {
  // prettier-ignore
  const options = { dims: new Map(Object.entries(symbols)), ...(unitRoundoff === undefined ? {} : { unitRoundoff }) };
  const y = evaluate(graphOf(node), new Map(Object.entries(inputs)), options).get("y");
  if (y === undefined) throw new Error("no output");
  return y;
}

/** The same graph with every intermediate result rounded to f32. */
function runRounded(node: Node, inputs: Record<string, Value>): Float64Array {
  const values = new Map<Node, Value>();
  for (const n of e.topological([node])) {
    const operands = n.operands.map((operand) => values.get(operand) ?? scalar(NaN));
    const shape = n.shape.map((dim) => dims.evaluate(dim, new Map()));
    const at = { shape, element: n.element, dims: new Map<string, number>(), unitRoundoff: 2 ** -53 };
    const value = e.is(n, "parameter") ? inputs[n.attributes.name] : recordOf(n.primitive).meaning?.(operands, n.attributes, at); // prettier-ignore
    if (value === undefined) throw new Error(n.primitive);
    values.set(n, tensor(shape, value.data.map(Math.fround), n.element));
  }
  return (values.get(node) ?? scalar(NaN)).data;
}

describe("evaluation", () => {
  test("c (a + 2b) at a = 3, b = 1, c = -2", () => {
    const b = createBuilder();
    const [x, y, z] = ["a", "b", "c"].map((name) => parameter(b, name, []));
    const node = e.mul(b, z, e.add(b, x, e.mul(b, 2, y)));
    expect([...run(node, { a: scalar(3), b: scalar(1), c: scalar(-2) }).data]).toEqual([-10]);
  });

  test("symbolic sizes, zero included", () => {
    const b = createBuilder();
    const x = parameter(b, "x", ["n"]);
    const mean = e.div(b, e.reduceSum(b, x, [-1]), e.convert(b, e.dimension(b, dims.symbol("n")), "real"));
    expect([...run(mean, { x: tensor([4], [1, 2, 3, 6]) }, { n: 4 }).data]).toEqual([3]);
    expect([...run(mean, { x: tensor([0], []) }, { n: 0 }).data]).toEqual([NaN]);
  });

  test("wrong inputs and leftover requests throw", () => {
    const b = createBuilder();
    const x = parameter(b, "x", ["n"]);
    const y = e.reduceSum(b, x, [-1]);
    expect(() => run(y, {}, { n: 2 })).toThrow("input x is missing");
    expect(() => run(y, { x: tensor([3], [1, 2, 3]) }, { n: 2 })).toThrow("input x is [2], not [3]");
    expect(() => run(y, { x: tensor([2], [1, 0], "bool") }, { n: 2 })).toThrow("holds real, not bool");
    const request = b.create("gradient", [y, x], {});
    expect(() => run(request, { x: tensor([2], [1, 2]) }, { n: 2 })).toThrow("must be replaced first");
    const rows = b.create("gather", [x, parameter(b, "i", [2], "index")], { batch: 0 });
    const i = tensor([2], [0, 2], "index");
    expect(() => run(rows, { x: tensor([2], [1, 2]), i }, { n: 2 })).toThrow("index 2 is not one of 0 .. 1");
    expect(() => tensor([2, 2], [1])).toThrow("[2, 2] has 4 entries, not 1");
  });

  test("observers see every node once, operands first", () => {
    const b = createBuilder();
    const x = parameter(b, "x", []);
    const y = e.mul(b, e.exp(b, x), e.exp(b, x));
    const seen: string[] = [];
    evaluate(graphOf(y), new Map([["x", scalar(0)]]), {
      dims: new Map(),
      observe: (node) => seen.push(node.primitive),
    });
    expect(seen).toEqual(["parameter", "exp", "multiply"]);
  });

  test("a chain of 20,000 nodes does not overflow the stack", () => {
    const b = createBuilder();
    let y: Node = parameter(b, "x", []);
    for (let k = 0; k < 20_000; k++) y = e.add(b, y, k % 2 === 0 ? 1 : -1);
    expect(run(y, { x: scalar(5) }).data[0]).toBe(5);
  });
});

describe("error bounds", () => {
  const formulas: Record<string, (b: ReturnType<typeof createBuilder>, x: Node, y: Node) => Node> = {
    sums: (b, x, y) => e.reduceSum(b, e.mul(b, e.sub(b, x, y), e.add(b, x, 3)), [-1]),
    quotients: (b, x, y) => e.div(b, e.sin(b, x), e.add(b, 2, e.cos(b, y))),
    "a softmax": (b, x) => {
      const shifted = e.exp(b, e.sub(b, x, e.unreduce(b, e.reduceMax(b, x, [-1]), [-1], x.shape)));
      return e.div(b, shifted, e.unreduce(b, e.reduceSum(b, shifted, [-1]), [-1], x.shape));
    },
    "a product": (b, x, y) => e.matmul(b, x, e.transpose(b, e.tanh(b, y), [-1, -2])),
    cancellation: (b, x, y) => e.sub(b, e.mul(b, e.add(b, x, y), e.add(b, x, y)), e.powInt(b, e.add(b, x, y), 2)),
    "kinks": (b, x, y) => e.max(b, e.abs(b, e.sub(b, x, y)), e.select(b, e.less(b, x, y), e.sigmoid(b, x), e.softplus(b, y))), // prettier-ignore
    "logs": (b, x, y) => e.log(b, e.add(b, e.powInt(b, x, 2), e.exp(b, y))), // prettier-ignore
    "products along an axis": (b, x) => e.reduceProduct(b, e.add(b, x, 1.5), [-1]),
  };

  test.each(Object.entries(formulas))("%s: f32 results lie within them, and they are not loose", (_, formula) => {
    const b = createBuilder();
    const [x, y] = ["x", "y"].map((name) => parameter(b, name, [6, 6]));
    const node = formula(b, x, y);
    const next = generator(11);
    for (let round = 0; round < 20; round++) {
      const inputs = { x: randomValue(next, [6, 6], -2, 2), y: randomValue(next, [6, 6], -2, 2) };
      for (const value of [inputs.x, inputs.y]) value.data.forEach((v, k) => (value.data[k] = Math.fround(v)));
      const exact = run(node, inputs, {}, 2 ** -24);
      const rounded = runRounded(node, inputs);
      exact.data.forEach((v, k) => {
        expect(Math.abs(v - rounded[k])).toBeLessThanOrEqual(exact.error[k]);
        expect(exact.error[k]).toBeLessThan(1e-4 * Math.max(1, Math.abs(v)));
      });
    }
  });

  test("jumps within the error are uncertain; a choice is as uncertain as its branches differ", () => {
    const b = createBuilder();
    const x = parameter(b, "x", [3]);
    const inputs = { x: { ...tensor([3], [0.5, 1, 2]), error: Float64Array.of(1e-8, 1e-8, 0) } };
    expect([...run(e.floor(b, x), inputs).error]).toEqual([0, Infinity, 0]);
    expect([...run(e.lessEqual(b, x, 1), inputs).error]).toEqual([0, Infinity, 0]);
    const relu = run(e.select(b, e.less(b, x, 1), e.like(b, 0, x), e.sub(b, x, 1)), inputs);
    expect(relu.error[1]).toBeGreaterThan(0);
    expect(relu.error[1]).toBeLessThan(1e-7);
  });

  test("a divisor or logarithm that may be zero is uncertain, and so is what overflows", () => {
    const b = createBuilder();
    const x = parameter(b, "x", []);
    const inputs = { x: { ...scalar(1e-9), error: Float64Array.of(1e-8) } };
    expect(run(e.div(b, 1, x), inputs).error[0]).toBe(Infinity);
    expect(run(e.log(b, x), inputs).error[0]).toBe(Infinity);
    expect(run(e.exp(b, e.mul(b, x, 1e11)), { x: scalar(1e-9) }, {}, 2 ** -24).error[0]).toBe(Infinity);
  });

  test("integers and exact inputs carry none", () => {
    const b = createBuilder();
    const i = parameter(b, "i", [3], "index");
    const value = run(e.add(b, e.mul(b, i, 3), 1), { i: tensor([3], [0, 1, 2], "index") });
    expect([...value.data]).toEqual([1, 4, 7]);
    expect([...value.error]).toEqual([0, 0, 0]);
  });
});
