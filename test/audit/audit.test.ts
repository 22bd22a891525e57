import { describe, expect, it } from "vitest";
import type { Given } from "../../src/audit/audit.ts";
import { auditJson } from "../../src/audit/json.ts";
import { auditText } from "../../src/audit/report.ts";
import type { Module } from "../../src/audit/port.ts";
import { audited, codesOf, rowOf } from "./support.ts";

const every = `
fn f(x: [n], k: index(n), w: [2, n]) = sum(tanh(w @ x)^2) * x[k]
fn g(a, x: [n]) {
  u = a * x^3
  v = exp(a)
  return u, v
}
fn h(a, b) = sin(a * b) / (1 + b^2)
derive f: value, gradient, hvp(x, w), hessian
derive g: value, jacobian, jvp
derive h: hvp
`;

const model = `
model M {
  hyper  rate = 0.3
  input  x: [batch, 3]
  target y: index(4)[batch]
  frozen param s: [3]
  h = dropout(relu(dense(x * s, 6)), rate)
  z = dense(h, 4)
  output p = softmax(z)
  loss   cross_entropy(z, y)
  metric accuracy = mean(argmax(z, axis = -1) == y)
  train  adam(lr = 0.01)
}
`;

/** The module with the results of one function changed. */
function spoiled(name: string, change: (result: never) => unknown): (module: Module) => Module {
  return (module) => {
    const original = module[name] as (...args: unknown[]) => never;
    return { ...module, [name]: (...args: unknown[]) => change(original(...args)) };
  };
}

describe("a correct program", () => {
  it("passes in every derivative that it asks for", async () => {
    const found = await audited(every);
    expect(codesOf(found)).toEqual([]);
    expect(found.passed).toBe(true);
    const rows = found.items.flatMap(({ name, derivatives }) =>
      derivatives.map((d) => `${name} ${d.entry} ${d.of} ${d.by} ${d.shape.join("x")}`),
    );
    expect(rows).toEqual([
      "f gradient value x 3",
      "f gradient value w 2x3",
      "f hvp gradient.x v of x, w 3",
      "f hvp gradient.w v of x, w 2x3",
      "f gradient value x 3",
      "f gradient value w 2x3",
      "f hessian gradient.x x 3x3",
      "f hessian gradient.x w 3x2x3",
      "f hessian gradient.w x 2x3x3",
      "f hessian gradient.w w 2x3x2x3",
      "g jacobian value.u a 3",
      "g jacobian value.u x 3x3",
      "g jacobian value.v a ",
      "g jacobian value.v x 3",
      "g jvp value.u v of a, x 3",
      "g jvp value.v v of a, x ",
      "h gradient (of hvp) value a ",
      "h gradient (of hvp) value b ",
      "h hvp gradient.a v of a, b ",
      "h hvp gradient.b v of a, b ",
    ]);
    for (const row of found.items.flatMap(({ derivatives }) => derivatives)) {
      expect(row.checked, row.by).toBe(row.entries);
      expect(row.relative).toBeLessThan(1e-8);
      expect([row.kinks, row.unsettled, row.singular].flat()).toEqual([]);
      if (row.single !== null) expect(row.single.ofBound).toBeLessThan(1);
    }
  });

  it("passes as a model, with its dropout held", async () => {
    const found = await audited(model);
    expect(codesOf(found)).toEqual([]);
    expect(found.passed).toBe(true);
    expect(found.items[0].derivatives.map(({ by }) => by)).toEqual(["h.W", "h.b", "z.W", "z.b"]);
    expect(found.items[0].values.map(({ entry, output }) => `${entry} ${output}`)).toEqual([
      "forward outputs.p",
      "evaluate loss",
      "evaluate metrics.accuracy",
      "gradient loss",
    ]);
    expect(auditText(found)).toMatch(/passed: 4 derivatives, 52 entries$/);
    // The same question has the same answer, and another seed another one.
    expect(auditJson(await audited(model))).toEqual(auditJson(found));
    expect(auditJson(await audited(model, { seed: 2 }))).not.toEqual(auditJson(found));
  });

  it("takes sizes and values", async () => {
    const found = await audited("fn f(x: [n], w: [n, m]) = sum((x @ w)^2)", { sizes: { m: 5 }, at: { x: [1, 2] } });
    expect(found.passed).toBe(true);
    expect(found.items[0].point?.sizes).toEqual(new Map([["n", 2], ["m", 5]])); // prettier-ignore
    expect(Array.from(found.items[0].point?.values.get("x")?.data ?? [])).toEqual([1, 2]);
    const unfit: readonly Record<string, Given>[] = [
      { q: 1 },
      { x: 1 },
      { x: [[1], [2]] },
      { x: [1, 2], w: [[1, 2]] },
      { w: [[1], [2, 3]] },
    ];
    for (const at of unfit) {
      expect(codesOf(await audited("fn f(x: [n], w: [n, m]) = sum((x @ w)^2)", { at })), JSON.stringify(at)).toEqual(["value-refused"]); // prettier-ignore
    }
  });

  it("is sampled where a tensor is large, and compared along a direction through all of it", async () => {
    const source = "fn f(x: [n]) = sum(x^3)";
    const compared = async (n: number, samples = 24): Promise<readonly number[]> => {
      const { checked, directions, entries } = rowOf(await audited(source, { sizes: { n }, samples }), "x");
      return [checked, directions, entries];
    };
    expect(await compared(24)).toEqual([24, 0, 24]);
    expect(await compared(200)).toEqual([24, 1, 200]);
    expect(await compared(200, 5)).toEqual([5, 1, 200]);
  });

  it("is looked for in the domain of its functions", async () => {
    const found = await audited("fn f(p: [n]) = -sum(p * log(p))\nfn g(x) = acosh(x)");
    expect(found.passed).toBe(true);
    const nowhere = await audited("fn f(x) = log(-1 - x^2)");
    expect(codesOf(nowhere)).toEqual(["check-no-point"]);
    expect(nowhere.passed).toBe(false);
  });
});

describe("a wrong derivative", () => {
  it("fails and is named", async () => {
    const found = await audited(
      "fn f(a, b) = a^2 * b",
      {},
      spoiled("fGradient", (r: { value: number; gradient: { a: number; b: number } }) => ({
        ...r,
        gradient: { ...r.gradient, b: r.gradient.b * 1.00001 },
      })),
    );
    expect(found.passed).toBe(false);
    expect(found.diagnostics.map(({ message }) => message)).toEqual(["`f`: the gradient of `value` by `b` is wrong"]);
    expect(codesOf(found)).toEqual(["check-failed"]);
    expect(rowOf(found, "a").failures).toEqual([]);
    expect(rowOf(found, "b").failures).toHaveLength(1);
    expect(rowOf(found, "b").relative).toBeCloseTo(1e-5, 7);
    expect(auditText(found)).toContain("FAILED gradient of value by b: it is ");
  });

  it("fails in one entry of a jacobian, a hessian, a product with a direction", async () => {
    const entry =
      (path: readonly string[], k: number) =>
      (result: never): unknown => {
        const array = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], result) as Float64Array;
        array[k] += 1e-3;
        return result;
      };
    const source = "fn f(x: [n]) = sum(sin(x) * x[::-1])\nfn g(x: [n]) = x * sum(x^2)\nderive f: hessian, hvp\nderive g: jacobian, jvp"; // prettier-ignore
    const rows = [
      ["fHessian", ["hessian", "x", "x"], 5, "hessian", [1, 2]],
      ["fHvp", ["hvp", "x"], 1, "hvp", [1]],
      ["gJacobian", ["jacobian", "x"], 3, "jacobian", [1, 0]],
      ["gJvp", ["tangent"], 2, "jvp", [2]],
    ] as const;
    for (const [name, path, k, kind, at] of rows) {
      const found = await audited(source, {}, spoiled(name, entry(path, k)));
      expect(found.passed, name).toBe(false);
      const wrong = found.items.flatMap(({ derivatives }) => derivatives).filter((row) => row.failures.length > 0);
      expect(wrong.map((row) => [row.entry, row.failures.map((f) => f.at)])).toEqual([[kind, [at]]]);
    }
  });

  it("fails in a model, be it in entries that are not looked at one by one", async () => {
    const change = (from: number, to: number): ((module: Module) => Module) =>
      spoiled(
        "createMTrainer",
        (trainer: { gradient: (b: unknown) => { gradient: Record<string, Float64Array> } }) => ({
          ...trainer,
          gradient: (batch: unknown) => {
            const result = trainer.gradient(batch);
            for (let k = from; k < to; k++) result.gradient["z.W"][k] *= 0.9;
            return result;
          },
        }),
      );
    const one = await audited(model, { samples: 24 }, change(5, 6));
    expect(one.diagnostics.map(({ message }) => message)).toEqual(["`M`: the gradient of `loss` by `z.W` is wrong"]);
    const all = await audited(model, { samples: 1 }, change(0, 24));
    expect(rowOf(all, "z.W").failures.map(({ at }) => at)).toContain(null);
    expect(rowOf(all, "h.W").failures).toEqual([]);
  });

  it("fails in a function's large argument, far from the entries that are looked at one by one", async () => {
    const source = "fn f(x: [n]) = sum(x^3)\nfn g(x: [n]) = [sum(x^2), sum(x)]\nderive g: jacobian";
    const clean = await audited(source, { sizes: { n: 50 }, samples: 2 });
    expect(clean.passed).toBe(true);
    // Entries that no sample shows: every one but those compared one by one is changed.
    const wrong = await audited(source, { sizes: { n: 50 }, samples: 2 }, (module) =>
      spoiled("gJacobian", (result: { jacobian: { x: Float64Array } }) => {
        for (let j = 0; j < 50; j++) result.jacobian.x[50 + j] = j % 2 === 0 ? 1.01 : 0.99;
        return result;
      })(module),
    );
    expect(rowOf(wrong, "x", "jacobian").failures.map(({ at }) => at)).toContain(null);
    expect(rowOf(wrong, "x").failures).toEqual([]);
  });

  it("fails in f32 alone, beyond what rounding explains", async () => {
    const off =
      (by: number) =>
      (module: Module, precision: string): Module =>
        precision === "f64" ? module : spoiled("f", (value: number) => value * (1 + by))(module);
    expect((await audited("fn f(x: [n]) = sum(x^2)", {}, off(1e-9))).passed).toBe(true);
    const found = await audited("fn f(x: [n]) = sum(x^2)", {}, off(1e-4));
    expect(found.diagnostics.map(({ message }) => message)).toEqual(["`f`: `value` of value in f32 is wrong"]);
  });
});

describe("what stop_gradient takes for constant", () => {
  const functions = `
fn stopped(a) = stop_gradient(a)
fn f(x: [n]) = sum(x^2 * stop_gradient(x^3))
fn g(x: [n]) = sum((x + stop_gradient(round(x) - x))^2)
fn h(a, b) = a * stopped(a * b) + b^2
fn k(x: [n]) = x * stop_gradient(sum(x))
fn m(x: [n]) = sum(softmax(x)^2) + mean(stop_gradient(x))
derive f: gradient, hessian
derive g: hvp
derive h: hessian
derive k: jacobian, jvp
`;
  const bootstrap = `
model M {
  input  x: [batch, 3]
  target y: [batch]
  param w: [3] = [0.3, -0.2, 0.5]
  v = dropout(x, 0.3) @ w
  loss mean((v - stop_gradient(0.9 * v + y))^2) + cross_entropy(x * w, ones([batch, 3]) / 3)
  train sgd(lr = 0.1)
}
`;

  it("is held in differences of any order", async () => {
    const found = await audited(functions);
    expect(codesOf(found)).toEqual([]);
    expect(found.passed).toBe(true);
    const rows = found.items.flatMap(({ derivatives }) => derivatives);
    expect(rows.length).toBeGreaterThan(12);
    for (const row of rows) {
      expect([row.kinks, row.unsettled, row.singular].flat(), `${row.of} by ${row.by}`).toEqual([]);
      expect(row.relative).toBeLessThan(1e-8);
    }
    // 2 x * x^3, and not 5 x^4.
    const at = await audited("fn f(x) = x^2 * stop_gradient(x^3)", { at: { x: 2 } });
    expect(at.passed).toBe(true);
  });

  it("is held in a model, dropout's masks too", async () => {
    const found = await audited(bootstrap);
    expect(codesOf(found)).toEqual([]);
    expect(rowOf(found, "w")).toMatchObject({ checked: 3, failures: [], kinks: [], unsettled: [] });
    expect(rowOf(found, "w").relative).toBeLessThan(1e-8);
  });

  it("does not excuse a gradient that goes through it, or any other wrong one", async () => {
    const through = spoiled("fGradient", (r: { value: number }) => ({ ...r, gradient: { x: 5 * 2 ** 4 } }));
    const found = await audited("fn f(x) = x^2 * stop_gradient(x^3)", { at: { x: 2 } }, through);
    expect(rowOf(found, "x").failures).toMatchObject([{ derivative: 80 }]);
    expect(rowOf(found, "x").failures[0].difference).toBeCloseTo(32, 6);
    const off = await audited(bootstrap, {}, (module, precision) =>
      spoiled(
        "createMTrainer",
        (trainer: { gradient: (b: unknown) => { gradient: Record<string, Float64Array> } }) => ({
          ...trainer,
          gradient: (batch: unknown) => {
            const result = trainer.gradient(batch);
            if (precision === "f64") result.gradient["w"][1] *= 1.001;
            return result;
          },
        }),
      )(module),
    );
    expect(rowOf(off, "w").failures.map(({ at }) => at)).toEqual([[1]]);
  });
});

describe("kinks", () => {
  it("are reported and not failed", async () => {
    const source = "fn f(x: [n]) = sum(relu(x) + 0.5 * abs(x))\nfn g(a, b) = max([a, b])\nfn s(a) = if a < 1 then a else 2 * a\nderive g: gradient\nderive s: gradient"; // prettier-ignore
    const found = await audited(source, { at: { x: [0, 1, -2], a: 1, b: 1 } });
    expect(found.passed).toBe(true);
    const { kinks } = rowOf(found, "x");
    expect(kinks.map(({ at }) => at)).toEqual([[0]]);
    expect(kinks[0].left).toBeCloseTo(-0.5, 6);
    expect(kinks[0].right).toBeCloseTo(1.5, 6);
    const rows = found.items.map(({ name, derivatives }) => [name, derivatives.map((row) => row.kinks.length)]);
    expect(rows).toEqual([["f", [1]], ["g", [1, 1]], ["s", [1]]]); // prettier-ignore
    expect(auditText(found)).toContain(
      "kink at gradient of value by x[0]: slopes -0.5 and 1.5 on its two sides, it is 1",
    );
  });

  it("do not excuse a slope that is not between those of the sides", async () => {
    const wrong = spoiled("fGradient", (r: { gradient: { a: number } }) => ({ ...r, gradient: { a: 1.25 } }));
    const found = await audited("fn f(a) = relu(a)", { at: { a: 0 } }, wrong);
    expect(found.passed).toBe(false);
    expect(rowOf(found, "a").failures).toHaveLength(1);
  });
});
