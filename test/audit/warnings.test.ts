import { expect, it } from "vitest";
import { audited } from "./support.ts";

const model = (loss: string): string => `
model M {
  input  x: [batch, 2]
  target y: [batch]
  param w: [2] = normal(0.1)
  param c = 0.5
  z = x @ w
  loss   ${loss}
  train  sgd(lr = 0.1)
}
`;

it("warns of a parameter whose gradient is 0 everywhere, and not of one that starts where it is 0", async () => {
  const found = await audited(model("mean((z - y)^2) + sign(c)"));
  expect(found.passed).toBe(true);
  expect(found.diagnostics.map(({ code, message }) => [code, /by `(.*?)`/.exec(message)?.[1]])).toEqual([
    ["check-zero-gradient", "c"],
  ]);
  expect((await audited(model("mean((z - y + relu(c - 0.5))^2)"))).diagnostics).toEqual([]);
  expect((await audited(model("mean((z * c - y)^2)"))).diagnostics).toEqual([]);
});

it("warns of a parameter that does not reach the loss, once", async () => {
  const found = await audited(`
model M {
  input  x: [batch, 2]
  target y: [batch]
  param w: [2] = normal(0.1)
  param c: [2, 3] = zeros
  output p = x @ w + 0 * sum(c)
  output q = x @ c
  loss   mean((x @ w - y)^2)
}
`);
  expect(found.passed).toBe(true);
  expect(found.diagnostics.map(({ code, span }) => [code, span.source.text.slice(span.start, span.end)])).toEqual([
    ["unused-parameter", "c"],
  ]);
  expect(found.items[0].derivatives.map(({ by, zero }) => [by, zero])).toEqual([["w", false], ["c", true]]); // prettier-ignore
});

it("warns of units that start equal and have equal gradients, once a parameter", async () => {
  const network = (W: string, v: string): string => `
model M {
  input  x: [batch, 2]
  target y: [batch]
  param W: [2, 3] = ${W}
  param v: [3] = ${v}
  loss   mean((tanh(x @ W) @ v - y)^2)
}
`;
  const rows = "[[0.1, 0.1, 0.1], [0.2, 0.2, 0.2]]";
  const found = await audited(network(rows, "[0.5, 0.5, 0.5]"));
  expect(found.passed).toBe(true);
  expect(found.diagnostics.map(({ code, message }) => [code, /of `(.*?)`/.exec(message)?.[1]])).toEqual([
    ["check-equal-units", "W"],
  ]);
  // Either matrix tells the units apart.
  expect((await audited(network(rows, "[0.1, 0.2, 0.3]"))).diagnostics).toEqual([]);
  expect((await audited(network("[[0.1, 0.2, 0.3], [0.1, 0.2, 0.3]]", "[0.5, 0.5, 0.5]"))).diagnostics).toEqual([]);
  // Classes start equal, and their targets differ.
  const classes = `
model M {
  input  x: [batch, 2]
  target y: index(3)[batch]
  param W: [2, 3] = zeros
  loss   cross_entropy(x @ W, y)
}
`;
  expect((await audited(classes)).diagnostics).toEqual([]);
});
