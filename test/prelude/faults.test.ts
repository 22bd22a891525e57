// What a wrong call of the library says: at the user's call, in the user's terms.
import { expect, test } from "vitest";
import { checkText, lineOf } from "../2-check/support.ts";

function faults(expression: string, parameters: string): string[] {
  const { diagnostics } = checkText(`fn f(${parameters}) = ${expression}\nderive f: value\n`);
  return diagnostics.filter(({ severity }) => severity === "error").map(lineOf);
}

test.each([
  ["mse(p, y)", "p: [batch, 1], y: [batch]", "prediction and target need one shape, but are [batch, 1] and [batch]"],
  ["bce(p, y)", "p: [batch, 1], y: index(2)[batch]", "but are [batch, 1] and [batch]"],
  ["kl(p, q)", "p: [b, 3], q: [b, 4]", "but are [b, 3] and [b, 4]"],
  ["cross_entropy(z, y)", "z: [b, 10], y: index(12)[b]", "10 >= 12"],
  ["cross_entropy(z, y)", "z: [b, 10], y: index(10)[c]", "the scores [b, 10] need a target of shape [b], not [c]"],
  ["cross_entropy(z, y)", "z: [b, 10], y: [b]", "but are [b, 10] and [b]"],
  ["cross_entropy(z, y)", "z, y: index(10)", "cross_entropy"],
  ["cross_entropy(z, 10)", "z: [10]", "10 >= 11"],
  ["nll(z, y)", "z: [b, 10], y: [b]", "must hold integers"],
  ["softmax(z, axis = 2)", "z: [b, 10]", "axis 2"],
  ["mean(x, axis = [0, 0])", "x: [b, 10]", "axis 0"],
  ["mean(x, axes = 0)", "x: [b, 10]", "axes"],
  ["clamp(x, 0)", "x: [b]", "max"],
  ["std(x, keep = 1)", "x: [b]", "keep"],
  ["max(x)", "x: [0]", "0 >= 1"],
  ["one_hot(x, 3)", "x: [b]", "one_hot takes integers"],
  ["concat([x, y])", "x: [b], y: [b, 2]", "concat needs equal shapes"],
  ["reshape(x, [7, -1])", "x: [b, 3]", "do not divide by the 7"],
  ["pick(x, 1)", "x: [b]", "pick"],
  ["orthogonal(x)", "x: [b]", "`orthogonal`"],
])("%s of %s", (expression, parameters, message) => {
  const found = faults(expression, parameters);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
  // Never a place inside the library: line 1 of the user's file.
  expect(found[0]).toMatch(/^[a-z-]+ 1:\d+ /u);
});

test.each([
  ["mse(p, 0)", "p: [batch, 1]"],
  ["mse(b, y)", "b, y: [n]"],
  ["cross_entropy(z, 9)", "z: [10]"],
  ["cross_entropy(z, y, label_smoothing = s)", "z: [t, b, 10], y: index(10)[t, b], s"],
  ["mean(x > 0)", "x: [n]"],
  ["norm(x, p = 2.5, axis = [0, -1], keep = true)", "x: [n, 2, m]"],
  ["relu(n) + sum(x)", "x: [n]"],
  ["sum(x) + zeros([minimum(n, 3), div(n, 2)])", "x: [n]"],
])("%s of %s is sound", (expression, parameters) => {
  expect(faults(expression, parameters)).toEqual([]);
});
