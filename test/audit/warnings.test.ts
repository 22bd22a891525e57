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
