import { describe, expect, it } from "vitest";
import { audited } from "../support.ts";

/** `code: message` of the warnings of a program's hazards, with the text each stands at. */
async function warnings(source: string): Promise<readonly string[]> {
  const { diagnostics, passed } = await audited(source);
  expect(passed, source).toBe(true);
  return diagnostics.map(({ code, message, span }) => {
    const text = span.source.text.slice(span.start, span.end);
    return `${code} ${text}: ${message}`;
  });
}

/** Each with what is found, and forms close to it that are right or the compiler mends. */
const shown: readonly {
  readonly source: string;
  readonly code: string;
  readonly at: string;
  readonly near: readonly string[];
}[] = [
  {
    source: "fn f(x: [n]) = exp(x) / sum(exp(x))",
    code: "hazard-overflow",
    at: "exp(x) / sum(exp(x)): `f`: `exp` overflows, though the whole has a value (at `x` all 1000)",
    near: ["fn f(x: [n]) = softmax(x)", "fn f(x: [n]) = exp(x - max(x)) / sum(exp(x - max(x)))"],
  },
  {
    source: "fn f(x: [n]) = log(sum(exp(x)))",
    code: "hazard-overflow",
    at: "log(sum(exp(x))): `f`: `exp` overflows, though the whole has a value (at `x` all 1000)",
    near: ["fn f(x: [n]) = logsumexp(x)", "fn f(x: [n]) = sum(log(softmax(x)))"],
  },
  {
    // A rewrite makes the logarithm of the sum here.
    source: "fn f(x: [n]) = sum(log(exp(x) / sum(exp(x))))",
    code: "hazard-overflow",
    at: "exp(x): `f`: `exp` overflows, though the whole has a value (at `x` all 1000)",
    near: ["fn f(x: [n]) = sum(log_softmax(x))"],
  },
  {
    source: "fn f(x) = exp(x^2)",
    code: "hazard-overflow",
    at: "exp(x^2): `f`: `exp` of 900 overflows (at `x = 30`)",
    near: ["fn f(x) = exp(-x^2)", "fn f(x) = exp(x)", "fn f(x) = exp(x) - 1"],
  },
  {
    source: "fn f(x) = log(1 - x)",
    code: "hazard-log",
    at: "log(1 - x): `f`: the logarithm of 0 is infinite (at `x = 1`)",
    near: ["fn f(x) = log(1 + x^2)", "fn f(x) = if x < 1 then log(1 - x) else 0", "fn f(x) = log(1 - sigmoid(x))", "fn f(x) = log(1 + x)"], // prettier-ignore
  },
  {
    source: "fn f(a, b) = log(a - b)",
    code: "hazard-log",
    at: "log(a - b): `f`: the logarithm of 0 is infinite (at `a = 0`, `b = 0`)",
    near: ["fn f(a, b) = log(a) - log(b)", "fn f(x) = log(sigmoid(x))", "fn f(a, b) = log(maximum(a - b, 1e-6))"],
  },
  {
    source: "fn f(x: [n]) = x / sum(x)",
    code: "hazard-division",
    at: "x / sum(x): `f`: 0 / 0 is NaN (at `x` all 0)",
    near: ["fn f(x: [n]) = x / (1 + sum(x^2))", "fn f(x: [n], s) = x / s"],
  },
  {
    source: "fn f(a, b) = 1 / (a - b)",
    code: "hazard-division",
    at: "1 / (a - b): `f`: the divisor is 0 (at `a = 0`, `b = 0`)",
    near: ["fn f(a, b) = if a == b then 0 else 1 / (a - b)"],
  },
  {
    source: "fn f(x: [n]) = sqrt(sum(x^2))",
    code: "hazard-sqrt",
    at: "sqrt(sum(x^2)): `f`: the derivative of `sqrt` is infinite at 0 (at `x` all 0)",
    near: ["fn f(x: [n]) = sqrt(sum(x^2) + 1e-12)", "fn f(x: [n]) = norm(x)", "fn f(a, b) = hypot(a, b)"],
  },
  {
    source: "fn f(x) = sqrt(1 - x^2)",
    code: "hazard-sqrt",
    at: "sqrt(1 - x^2): `f`: the derivative of `sqrt` is infinite at 0 (at `x = 1`)",
    near: ["fn f(x) = sqrt(1 + x^2)"],
  },
  {
    source: "fn f(x: [n]) = sum(x^2)^0.3",
    code: "hazard-power",
    at: "sum(x^2)^0.3: `f`: the derivative of the power 0.3 is infinite at 0 (at `x` all 0)",
    near: ["fn f(x: [n]) = sum(x^2)^1.3", "fn f(x: [n]) = (1 + sum(x^2))^0.3"],
  },
  {
    source: "fn f(a, b) = (a - b)^1.5",
    code: "hazard-power",
    // With all inputs equal the base is 0, where this power has a derivative.
    at: "(a - b)^1.5: `f`: the power 1.5 of ",
    near: ["fn f(a, b) = (a - b)^3", "fn f(a, b) = abs(a - b)^1.5"],
  },
  {
    source: "fn f(x) = 1 - cos(x)",
    code: "hazard-cancellation",
    at: "1 - cos(x): `f`: the terms cancel: no digit is left in f32 (at `x = 0.0001`)",
    near: ["fn f(x) = 2 * sin(x / 2)^2", "fn f(x) = 3 - cos(x)", "fn f(x) = 1000 + (1 - cos(x))"],
  },
  {
    source: "fn f(x) = sqrt(1 + x^2) - 1",
    code: "hazard-cancellation",
    at: "sqrt(1 + x^2) - 1: `f`: the terms cancel: ",
    near: ["fn f(x) = x^2 / (sqrt(1 + x^2) + 1)", "fn f(x) = sqrt(1 + x^2) + 1"],
  },
];

describe("numbers that go wrong", () => {
  it.each(shown)("are found in `$source`, and not close by", async ({ source, code, at, near }) => {
    const found = await warnings(source);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${code} ${at}`);
    for (const other of near) expect(await warnings(other), other).toEqual([]);
  });

  it("are looked for in models, at the parameters that they start from", async () => {
    const model = (h: string): string =>
      `model M {\n  input x: [batch, 3]\n  target y: [batch]\n  param w: [3] = zeros\n  z = x @ w\n  output p = ${h}\n  loss mean((p - y)^2)\n}`;
    expect(await warnings(model("z / sqrt(sum(w^2))"))).toEqual([
      "hazard-division z / sqrt(sum(w^2)): `M`: 0 / 0 is NaN (at `x` all 0, with the parameters as they start)",
    ]);
    expect(await warnings(model("z / sqrt(sum(w^2) + 1e-6)"))).toEqual([]);
  });

  it("are the user's, not those inside of the library", async () => {
    expect(await warnings("fn f(x: [n]) = sum(softmax(x)^2) + norm(x) + sum(gelu(x) + log_softmax(x))")).toEqual([]);
  });

  it("are found by a directional derivative where the result is a tensor", async () => {
    expect(await warnings("fn f(x: [n, 2]) = sqrt(x[:, 0]^2 + x[:, 1]^2)")).toEqual([
      expect.stringContaining(
        "hazard-sqrt sqrt(x[:, 0]^2 + x[:, 1]^2): `f`: the derivative of `sqrt` is infinite at 0",
      ),
    ]);
    expect(await warnings("fn f(x: [n, 2]) = hypot(x[:, 0], x[:, 1])")).toEqual([]);
  });

  it("have a stable form to offer", async () => {
    const { diagnostics } = await audited("fn f(x: [n]) = log(sum(exp(x)))");
    expect(diagnostics[0].help).toBe(
      "`logsumexp(x)` is `log(sum(exp(x)))` without overflow, and `log_softmax(x)` is `x - log(sum(exp(x)))`",
    );
  });
});
