import { describe, expect, test } from "vitest";
import { printShape } from "../../src/ir/dim.ts";
import { checkText, lineOf } from "./support.ts";

describe("exported functions", () => {
  test("a scalar function has numbers as inputs, and value and gradient by default", () => {
    const { checked, diagnostics, origins } = checkText(
      "/// A graph.\nfn L(a, b, c) {\n  d = 2 * b\n  e = a + d\n  return c * e\n}\n",
    );
    expect(diagnostics.map(lineOf)).toEqual([]);
    const [f] = checked?.functions ?? [];
    expect(f.inputs.map(({ name, node }) => [name, node.attributes.held])).toEqual([
      ["a", "number"],
      ["b", "number"],
      ["c", "number"],
    ]);
    expect(f.wanted).toEqual([
      { kind: "value", wrt: [] },
      { kind: "gradient", wrt: ["a", "b", "c"] },
    ]);
    const [{ node, name }] = f.results;
    expect([name, node.primitive, printShape(node.shape), f.doc]).toEqual([null, "multiply", "[]", "A graph."]);
    expect(node.operands.map((operand) => origins.nameOf(operand))).toEqual(["c", "e"]);
  });

  test("functions that others use are not exported, unless a derive line names them", () => {
    const text = "fn g(x) = x^2\nfn h(x) = x + 1\nfn f(x) = g(x) + h(x)\nderive g: value, hessian\n";
    const { checked } = checkText(text);
    expect(checked?.functions.map(({ name }) => name)).toEqual(["g", "f"]);
    expect(checked?.functions[0].wanted.map(({ kind }) => kind)).toEqual(["value", "hessian"]);
  });
});
