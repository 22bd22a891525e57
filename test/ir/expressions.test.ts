import { describe, expect, test } from "vitest";
import { NodeLimit, printType } from "../../src/ir/builder.ts";
import * as dims from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import { createBuilder } from "../../src/primitives/index.ts";
import { parameter, shapeOf } from "../primitives/harness.ts";

describe("hash-consing", () => {
  test("equal nodes are one, marks and different constants are not", () => {
    const b = createBuilder();
    const x = parameter(b, "x", ["n"]);
    expect(e.exp(b, x)).toBe(e.exp(b, x));
    expect(e.reduceSum(b, x, [-1])).toBe(e.reduceSum(b, x, [-1]));
    expect(e.constant(b, 0)).not.toBe(e.constant(b, -0));
    expect(e.constant(b, NaN)).toBe(e.constant(b, NaN));
    expect(e.constant(b, 1)).not.toBe(e.constant(b, 1, "index"));
    expect(b.mark(x, "u")).not.toBe(b.mark(x, "u"));
    expect(b.withOperands(e.exp(b, x), [x])).toBe(e.exp(b, x));
  });
  test("the limit of nodes", () => {
    const b = createBuilder({ maxNodes: 2 });
    const x = parameter(b, "x", []);
    e.exp(b, x);
    expect(() => e.sin(b, x)).toThrow(NodeLimit);
  });
});

describe("broadcasting", () => {
  const b = createBuilder();
  const x = parameter(b, "x", ["batch", 3]);

  test.each([
    [
      ["batch", 3],
      ["batch", 3],
    ],
    [[3], ["batch", 3]],
    [
      [1, 3],
      ["batch", 3],
    ],
    [
      ["batch", 1],
      ["batch", 3],
    ],
    [[1], [2, 1]],
    [[], [2, "n"]],
  ])("%j to %j and back", (from, to) => {
    const node = parameter(b, "y", from);
    const wide = e.broadcastTo(b, node, shapeOf(...to));
    expect(printType(wide)).toBe(printType({ element: "real", shape: shapeOf(...to) }));
    expect(printType(e.sumTo(b, wide, node.shape))).toBe(printType(node));
  });
  test("sizes that do not fit", () => {
    expect(() => e.broadcastTo(b, x, shapeOf(4, 3))).toThrow("[batch, 3] and [4, 3] differ on axis -2");
    expect(() => e.broadcastTo(b, x, shapeOf(3))).toThrow("[batch, 3] has more axes than [3]");
  });
  test("numbers and scalars take the other operand's shape and type", () => {
    expect(printType(e.add(b, 1, x))).toBe("real[batch, 3]");
    expect(printType(e.mul(b, x, parameter(b, "s", [])))).toBe("real[batch, 3]");
    expect(printType(e.mul(b, 2, parameter(b, "i", [4], "index")))).toBe("index[4]");
    expect(printType(e.select(b, e.less(b, x, 0), 0, x))).toBe("real[batch, 3]");
  });
  test("reductions that keep axes", () => {
    expect(printType(e.reduceMax(b, x, [-1], true))).toBe("real[batch, 1]");
    expect(printType(e.reduceSum(b, x, [-1, -2], true))).toBe("real[1, 1]");
    expect(printType(e.unreduce(b, e.reduceSum(b, x, [-2]), [-2], x.shape))).toBe("real[batch, 3]");
    expect(e.reduceSum(b, x, [])).toBe(x);
  });
});

describe("matmul", () => {
  const b = createBuilder();
  test.each([
    [["n", 3], [3, 4], "real[n, 4]"],
    [[3], [3], "real[]"],
    [["n", 3], [3], "real[n]"],
    [[3], [3, 4], "real[4]"],
    [["b", "n", 3], [3, 4], "real[b, n, 4]"],
    [["b", "n", 3], ["b", 3, 4], "real[b, n, 4]"],
    [["h", 2, 3], ["b", 1, 3, 4], "real[b, h, 2, 4]"],
    [["b", 2, 3], ["b", 3], "contract"],
  ])("%j @ %j is %s", (left, right, wanted) => {
    const build = (): string => printType(e.matmul(b, parameter(b, "x", left), parameter(b, "y", right)));
    if (wanted === "contract") expect(build).toThrow("the operands of a product differ on a shared axis: 3 and b");
    else expect(build()).toBe(wanted);
  });
});

test("constant values are seen through movement and conversion", () => {
  const b = createBuilder();
  const seven = e.convert(b, e.constant(b, 7, "index"), "real");
  expect(e.constantValue(e.reshape(b, e.broadcastTo(b, seven, shapeOf(2, 3)), shapeOf(6)))).toBe(7);
  expect(e.constantValue(parameter(b, "x", []))).toBeNull();
  expect(e.constantValue(e.dimension(b, dims.constant(3)))).toBe(3);
  expect(e.constantValue(e.dimension(b, dims.symbol("n")))).toBeNull();
});

test("topological order: operands first, each node once", () => {
  const b = createBuilder();
  const x = parameter(b, "x", []);
  const [p, q] = [e.exp(b, x), e.sin(b, x)];
  const y = e.add(b, p, q);
  expect(e.topological([y, p])).toEqual([x, p, q, y]);
  expect(e.useCounts(e.topological([y])).get(x)).toBe(2);
});
