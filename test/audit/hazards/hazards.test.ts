import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaults } from "../../../src/audit/defaults.ts";
import { hazards } from "../../../src/audit/hazards/rules.ts";
import { functionHazards } from "../../../src/audit/hazards/trials.ts";
import { openSession } from "../../../src/audit/session.ts";
import { catalogue } from "../../../src/diagnostics/catalogue/index.ts";
import type { Diagnostic } from "../../../src/diagnostics/diagnostic.ts";
import { evaluate } from "../../../src/evaluate.ts";
import { audited } from "../support.ts";

/** `code text: message` of warnings, `text` being what each stands at. */
function shownAs({ code, message, span }: Diagnostic): string {
  return `${code} ${span.source.text.slice(span.start, span.end)}: ${message}`;
}

/** The warnings of a program that is checked as a whole. */
async function warnings(source: string): Promise<readonly string[]> {
  const { diagnostics, passed } = await audited(source);
  expect(passed, source).toBe(true);
  return diagnostics.map(shownAs);
}

/** The hazards of functions, which need no module. */
function hazardsOf(source: string): readonly Diagnostic[] {
  const { session, diagnostics } = openSession(source, { path: "model.nn" });
  if (session === null) throw new Error(diagnostics[0].message);
  const given = { values: new Map(), sizes: new Map() };
  const context = { session, single: {}, double: {}, ...defaults, given };
  return session.lowered.functions.flatMap((f) => functionHazards(context, f));
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
    near: ["fn f(x) = exp(-x^2)", "fn f(x) = exp(x)", "fn f(x: [n]) = exp(x) - 1"],
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
    // Functions of numbers alone compute in double.
    at: "1 - cos(x): `f`: the terms cancel: more than half of the digits are lost in f64 (at `x = 0.0001`)",
    near: ["fn f(x) = 2 * sin(x / 2)^2", "fn f(x) = 3 - cos(x)", "fn f(x) = 1000 + (1 - cos(x))"],
  },
  {
    source: "fn f(x: [n]) = 1 - cos(x)",
    code: "hazard-cancellation",
    at: "1 - cos(x): `f`: the terms cancel: no digit is left in f32 (at `x` all 0.0001)",
    near: ["fn f(x: [n]) = 2 * sin(x / 2)^2", "fn f(x: [n]) = 1 - x"],
  },
  {
    source: "fn f(x) = sqrt(1 + x^2) - 1",
    code: "hazard-cancellation",
    at: "sqrt(1 + x^2) - 1: `f`: the terms cancel: ",
    near: ["fn f(x) = x^2 / (sqrt(1 + x^2) + 1)", "fn f(x) = sqrt(1 + x^2) + 1"],
  },
  {
    source: "fn f(x: [n]) = mean(x^2) - mean(x)^2",
    code: "hazard-cancellation",
    at: "mean(x^2) - mean(x)^2: `f`: the terms cancel: no digit is left in f32 (at `x` = [998.4, 1000.7, 1001.3])",
    near: ["fn f(x: [n]) = mean((x - mean(x))^2)", "fn f(x: [n]) = var(x)", "fn f(x: [n]) = mean(x^2) - mean(x)"],
  },
  {
    source: "fn f(x: [n, m]) = sqrt(mean(square(x), axis = 1) - mean(x, axis = 1)^2 + 1e-6)",
    code: "hazard-cancellation",
    at: "mean(square(x), axis = 1) - mean(x, axis = 1)^2: `f`: the terms cancel: ",
    near: ["fn f(x: [n, m]) = sqrt(var(x, axis = 1) + 1e-6)"],
  },
  {
    source: "fn f(x: [8], y: [8]) = dot(x, y) / 8 - mean(y) * mean(x)",
    code: "hazard-cancellation",
    at: "dot(x, y) / 8 - mean(y) * mean(x): `f`: the terms cancel: ",
    near: [
      "fn f(x: [n], y: [n]) = mean((x - mean(x)) * (y - mean(y)))",
      "fn f(x: [8], y: [8]) = dot(x, y) / 8 - mean(x^2)",
    ],
  },
  {
    source: "fn f(x: [n]) = 1 - tanh(x)",
    code: "hazard-cancellation",
    at: "1 - tanh(x): `f`: the terms cancel: no digit is left in f32 (at `x` all 10)",
    near: [
      "fn f(x: [n]) = 2 * sigmoid(-2 * x)",
      "fn f(x: [n]) = 1 - tanh(x)^2",
      "fn f(x: [n]) = 2 - tanh(x)",
      "fn f(x) = tanh(x) + 10",
    ],
  },
  {
    source: "fn f(x) = 1 + tanh(x)",
    code: "hazard-cancellation",
    at: "1 + tanh(x): `f`: the terms cancel: more than half of the digits are lost in f64 (at `x = -10`)",
    near: ["fn f(x) = 2 * sigmoid(2 * x)"],
  },
  {
    // A second sigmoid would cost more than the difference: where one is needed anyway no rule exchanges it.
    source: "fn f(x: [n]) = sum(sigmoid(x)) * (1 - sigmoid(x))",
    code: "hazard-cancellation",
    at: "1 - sigmoid(x): `f`: the terms cancel: more than half of the digits are lost in f32 (at `x` all 10)",
    near: [
      "fn f(x: [n]) = x * sigmoid(-x)",
      "fn f(x: [n]) = x * (1 - sigmoid(x))",
      "fn f(x: [n]) = sum(log(1 - sigmoid(x)))",
    ],
  },
  {
    source: "fn f(x: [n]) = sigmoid(x) - 0.5",
    code: "hazard-cancellation",
    at: "sigmoid(x) - 0.5: `f`: the terms cancel: more than half of the digits are lost in f32 (at `x` all 0.0001)",
    near: ["fn f(x: [n]) = tanh(x / 2) / 2", "fn f(x: [n]) = sigmoid(x) - 0.4"],
  },
  {
    source: "fn f(x: [n]) = 1 - expand(exp(x), 0)",
    code: "hazard-cancellation",
    at: "1 - expand(exp(x), 0): `f`: the terms cancel: ",
    near: [
      "fn f(x: [n]) = 1 - exp(x)",
      "fn f(x: [n]) = -expm1(x)",
      "fn f(x: [n]) = exp(x) - 1",
      "fn f(x) = exp(2 * x) - 1",
      "fn f(x: [n]) = log(1 + x)",
    ],
  },
  {
    source: "fn f(x: [n]) = exp(x) - exp(-x)",
    code: "hazard-cancellation",
    at: "exp(x) - exp(-x): `f`: the terms cancel: ",
    near: ["fn f(x: [n]) = 2 * sinh(x)"],
  },
  {
    source: "fn f(x: [n]) = 1 - erf(x)",
    code: "hazard-cancellation",
    at: "1 - erf(x): `f`: the terms cancel: no digit is left in f32 (at `x` all 5)",
    near: ["fn f(x: [n]) = erfc(x)"],
  },
  {
    source: "fn f(x: [n]) = sqrt(abs(x) + 1) - sqrt(abs(x) + 2)",
    code: "hazard-cancellation",
    at: "sqrt(abs(x) + 1) - sqrt(abs(x) + 2): `f`: the terms cancel: ",
    near: ["fn f(x: [n]) = -1 / (sqrt(abs(x) + 1) + sqrt(abs(x) + 2))"],
  },
  {
    source: "fn f(x: [n], y: [n]) = acos(dot(x, y) / sqrt(1e-9 + sum(x^2) * sum(y^2)))",
    code: "hazard-domain",
    at: "acos(dot(x, y) / sqrt(1e-9 + sum(x^2) * sum(y^2))): `f`: the derivative of `acos` is infinite at ",
    near: [
      "fn f(x: [n], y: [n]) = acos(clamp(dot(x, y) / sqrt(1e-9 + sum(x^2) * sum(y^2)), -0.999999, 0.999999))",
      "fn f(x: [n], y: [n]) = 2 * atan2(norm(x - y), 1e-9 + norm(x + y))",
      "fn f(x) = acos(x)",
    ],
  },
  {
    source: "fn f(x: [n]) = asin(x^2)",
    code: "hazard-domain",
    at: "asin(x^2): `f`: the derivative of `asin` is infinite at 1 (at `x` all 1)",
    near: ["fn f(x: [n]) = asin(clamp(x^2, -0.999999, 0.999999))", "fn f(x: [n]) = asin(0.9 * tanh(x))"],
  },
  {
    source: "fn f(x: [n]) = atanh(x^3)",
    code: "hazard-domain",
    at: "atanh(x^3): `f`: `atanh` of 1 is infinite (at `x` all 1)",
    near: ["fn f(x: [n]) = atanh(clamp(x^3, -0.999999, 0.999999))"],
  },
  {
    source: "fn f(x: [n]) = acosh(1 + x^2)",
    code: "hazard-domain",
    at: "acosh(1 + x^2): `f`: the derivative of `acosh` is infinite at 1 (at `x` all 0)",
    near: ["fn f(x: [n]) = acosh(maximum(1 + x^2, 1.000001))", "fn f(x: [n]) = acosh(2 + x^2)", "fn f(x) = acosh(x)"],
  },
  {
    source: "fn f(a, b) = atan2(a - b, a + b)",
    code: "hazard-domain",
    at: "atan2(a - b, a + b): `f`: the derivative of `atan2(y, x)` is NaN where both are 0 (at `a = 0`, `b = 0`)",
    near: ["fn f(a, b) = if a == 0 and b == 0 then 0 else atan2(a - b, a + b)", "fn f(a, b) = atan2(a, b)"],
  },
  {
    source: "fn f(x: [n]) = cbrt(sum(x))",
    code: "hazard-power",
    at: "cbrt(sum(x)): `f`: the derivative of `cbrt` is infinite at 0 (at `x` all 0)",
    near: ["fn f(x: [n]) = cbrt(1 + sum(x^2))"],
  },
  {
    source: "fn f(p: [n]) = -sum(p * log(p))",
    code: "hazard-log",
    at: "p * log(p): `f`: `x * log(x)` is NaN at 0, where its limit is 0 (at `p` all 0)",
    near: ["fn f(p: [n]) = -sum(if p > 0 then p * log(p) else 0)", "fn f(p: [n], q: [n]) = -sum(q * log(p))"],
  },
  {
    source: "fn f(x) = log(1 - tanh(x)^2)",
    code: "hazard-log",
    at: "log(1 - tanh(x)^2): `f`: the logarithm of 0 is infinite (at `x = 30`)",
    near: ["fn f(x) = 2 * (log(2) - x - softplus(-2 * x))"],
  },
  {
    source: "fn f(x: [n], y: [n]) = sum(log1p(x * y))",
    code: "hazard-log",
    at: "log1p(x * y): `f`: the logarithm of a negative number is NaN (at `x` = ",
    near: ["fn f(x: [n], y: [n]) = sum(log1p(maximum(x * y, -0.999999)))", "fn f(x: [n]) = sum(log1p(x^2))"],
  },
  {
    source: "fn f(x: [n]) = rsqrt(sum(x^2))",
    code: "hazard-division",
    at: "rsqrt(sum(x^2)): `f`: the divisor is 0 (at `x` all 0)",
    near: ["fn f(x: [n]) = rsqrt(sum(x^2) + 1e-12)"],
  },
  {
    source: "fn f(x: [n, m]) = exp(x) / sum(exp(x), axis = 1, keep = true)",
    code: "hazard-overflow",
    at: "exp(x) / sum(exp(x), axis = 1, keep = true): `f`: `exp` overflows, though the whole has a value (at `x` all 1000)",
    near: ["fn f(x: [n, m]) = softmax(x)", "fn f(x: [n, m]) = log(softmax(x))"],
  },
];

describe("numbers that go wrong", () => {
  it.each(shown)("are found in `$source`, and not close by", ({ source, code, at, near }) => {
    const found = hazardsOf(source).map(shownAs);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${code} ${at}`);
    for (const other of near) expect(hazardsOf(other).map(shownAs), other).toEqual([]);
  });

  it("are warnings of the whole check", async () => {
    const source = "fn f(x: [n]) = log(sum(exp(x)))";
    expect(await warnings(source)).toEqual(hazardsOf(source).map(shownAs));
  });

  it("are looked for in models, at the parameters that they start from", async () => {
    const model = (h: string): string =>
      `model M {\n  input x: [batch, 3]\n  target y: [batch]\n  param w: [3] = zeros\n  z = x @ w\n  output p = ${h}\n  loss mean((p - y)^2)\n}`;
    expect(await warnings(model("z / sqrt(sum(w^2))"))).toEqual([
      "hazard-division z / sqrt(sum(w^2)): `M`: 0 / 0 is NaN (at `x` all 0, with the parameters as they start)",
    ]);
    expect(await warnings(model("z / sqrt(sum(w^2) + 1e-6)"))).toEqual([]);
  });

  it("are what training can reach too", async () => {
    const model = (kind: string, start: string): string =>
      `model M {\n  input x: [batch, 3]\n  ${kind} s = ${start}\n  loss mean(x^2) * sqrt(s)\n}`;
    expect(await warnings(model("param", "0"))).toEqual([
      expect.stringMatching(/^hazard-sqrt sqrt\(s\): `M`: the square root of -0.0\d+ is NaN \(at any input, with the parameters near their start\)$/), // prettier-ignore
    ]);
    expect(await warnings(model("param", "1"))).toEqual([]);
    // Those of a frozen parameter are given.
    expect((await warnings(model("frozen param", "0"))).filter((text) => text.startsWith("hazard"))).toEqual([]);
  });

  it("are the user's, not those inside of the library", async () => {
    expect(
      await warnings("fn f(x: [n]) = sum(softmax(x)^2) + norm(x) + std(x) + sum(gelu(x) + log_softmax(x) + mish(x))"),
    ).toEqual([]);
  });

  it("are found by a directional derivative where the result is a tensor", () => {
    expect(hazardsOf("fn f(x: [n, 2]) = sqrt(x[:, 0]^2 + x[:, 1]^2)").map(shownAs)).toEqual([
      expect.stringContaining(
        "hazard-sqrt sqrt(x[:, 0]^2 + x[:, 1]^2): `f`: the derivative of `sqrt` is infinite at 0",
      ),
    ]);
    expect(hazardsOf("fn f(x: [n, 2]) = hypot(x[:, 0], x[:, 1])")).toEqual([]);
  });

  it.each([
    [
      "log(sum(exp(x)))",
      "`logsumexp(x)` is `log(sum(exp(x)))` without overflow, and `log_softmax(x)` is `x - log(sum(exp(x)))`",
    ],
    ["mean(x^2) - mean(x)^2", "`mean(x^2) - mean(x)^2` is `mean((x - mean(x))^2)`, which is `var(x)`"],
    ["1 - tanh(x)", "`1 - tanh(x)` is `2 * sigmoid(-2 * x)`, and `1 + tanh(x)` is `2 * sigmoid(2 * x)`"],
    ["1 - expand(sigmoid(x), 0)", "`1 - sigmoid(x)` is `sigmoid(-x)`"],
    ["1 - expand(exp(x), 0)", "`exp(x) - 1` is `expm1(x)`, and `1 - exp(x)` is `-expm1(x)`"],
    [
      "sqrt(sum(x^2))",
      "`norm(x)` and `hypot(a, b)` have gradient 0 at 0; or add a small number: `sqrt(sum(x^2) + 1e-12)`",
    ],
    ["log(1 - x)", "keep the argument positive; `log1p(-x)` is `log(1 - x)` that keeps its digits at small x"],
  ])("have a stable form to offer: %s", (expression, help) => {
    expect(hazardsOf(`fn f(x: [n]) = ${expression}`).map((found) => found.help)).toEqual([help]);
  });

  it("are those of the catalogue and of the README", () => {
    const codes = [...new Set(hazards.map(({ code }) => code))].sort();
    expect(Object.keys(catalogue).filter((code) => code.startsWith("hazard-")).sort()).toEqual(codes); // prettier-ignore
    const readme = readFileSync(join(import.meta.dirname, "../../../README.md"), "utf8");
    expect([...readme.matchAll(/^\| `(hazard-\w+)`/gm)].map(([, code]) => code).sort()).toEqual(codes);
  });

  // Left of the sign as the help says it, right of it the form that it offers.
  it.each([
    ["1 - cos(x)", "2 * sin(x / 2)^2", 1],
    ["cosh(x) - 1", "2 * sinh(x / 2)^2", 1],
    ["sqrt(1 + x) - 1", "x / (sqrt(1 + x) + 1)", 1],
    ["(1 + x)^2.5 - 1", "expm1(2.5 * log1p(x))", 1],
    ["3^x - 1", "expm1(x * log(3))", 1],
    ["1 - exp(x)", "-expm1(x)", 1],
    ["1 - tanh(x)", "2 * sigmoid(-2 * x)", 1],
    ["1 + tanh(x)", "2 * sigmoid(2 * x)", -1],
    ["1 - sigmoid(x)", "sigmoid(-x)", 1],
    ["sigmoid(x) - 0.5", "tanh(x / 2) / 2", 1],
    ["1 - erf(x)", "erfc(x)", 1],
    ["1 - erfc(x)", "erf(x)", 1],
    ["sqrt(x + 3) - sqrt(x)", "(x + 3 - x) / (sqrt(x + 3) + sqrt(x))", 1],
    ["exp(3 * x) - exp(x)", "exp(x) * expm1(3 * x - x)", 1],
    ["exp(x) - exp(-x)", "2 * sinh(x)", 1],
    ["log(1 - tanh(x)^2)", "2 * (log(2) - x - softplus(-2 * x))", 1],
    ["log(1 - tanh(x))", "log(2) - softplus(2 * x)", 1],
    ["log(1 - exp(x))", "if x > -0.7 then log(-expm1(x)) else log1p(-exp(x))", -1],
  ])("%s is %s", async (unstable, stable, x) => {
    const { f, g } = await evaluate(`fn f(x) = ${unstable}\nfn g(x) = ${stable}`, { path: "forms.nn" });
    const [value, wanted] = [f, g].map((h) => (h as (x: number) => number)(x));
    expect(Math.abs(value - wanted)).toBeLessThan(1e-14 * Math.abs(wanted));
  });
});
