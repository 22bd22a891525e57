// Programs that use the names of JavaScript: they compute what the same programs with other names do.
import { describe, expect, test } from "vitest";
import { evaluate, load } from "../../src/evaluate.ts";
import { compile } from "../../src/compile.ts";

const hostile = "constructor toString valueOf hasOwnProperty arguments eval class length".split(" ");

type Call = (...args: readonly unknown[]) => unknown;
type Named = Readonly<Record<string, unknown>>;
const f = (module: Named, name: string): Call => module[name] as Call;

/** A program over names, and what calling it gives: names in the result are turned back. */
const positions: Readonly<Record<string, { program: (n: string) => string; run: (module: Named, n: string) => unknown }>> = {
  argument: {
    program: (n) => `fn run(${n}: [k], b) = sum(${n}^3) * b\nderive run: value, gradient, hvp, hessian, jvp`,
    run: (module, n) => {
      const [x, d] = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
      const at = (value: unknown, ...keys: readonly string[]): unknown => keys.reduce((v, key) => (v as Named)[key], value);
      return [
        f(module, "run")(x, 2),
        at(f(module, "runGradient")(x, 2), "gradient", n),
        at(f(module, "runGradient")(x, 2, { gradient: { [n]: new Float32Array(2) } }), "gradient", n),
        at(f(module, "runHvp")(x, 2, { [n]: d, b: 1 }), "hvp", n),
        at(f(module, "runHessian")(x, 2), "hessian", n, n),
        at(f(module, "runJvp")(x, 2, { [n]: d, b: 1 }), "tangent"),
      ];
    },
  },
  "function": {
    program: (n) => `fn ${n}(x: [${n}_]) = sum(x^2) / ${n}_`,
    run: (module, n) => [f(module, n)(Float32Array.of(1, 2, 3)), f(module, `${n}Gradient`)(Float32Array.of(1, 2, 3))],
  },
  "result and local": {
    program: (n) => `fn run(x: [k]) {\n  ${n} = x * x\n  b = sum(${n})\n  return ${n}, b\n}`,
    run: (module, n) => {
      const { [n]: own, ...rest } = f(module, "run")(Float32Array.of(1, 2)) as Named;
      return [own, rest];
    },
  },
  "input, target and dim": {
    program: (n) => `model Net {\n  input ${n}: [rows_, 2]\n  target y_: index(3)[rows_]\n  z_ = dense(${n}, 3)\n  output p_ = z_\n  loss cross_entropy(z_, y_)\n  train adam(lr = 0.1)\n}`,
    run: (module, n) => trained(module, { [n]: Float32Array.of(1, 2, 3, 4), y_: Int32Array.of(0, 2) }, ["y_"], { rows_: 2 }),
  },
  "target and const": {
    program: (n) => `model Net {\n  const c_ = 3\n  input x_: [rows_, 2]\n  target ${n}: index(c_)[rows_]\n  z_ = dense(x_, c_)\n  output p_ = z_\n  loss cross_entropy(z_, ${n})\n  train adam(lr = 0.1)\n}`,
    run: (module, n) => trained(module, { x_: Float32Array.of(1, 2, 3, 4), [n]: Int32Array.of(0, 2) }, [n], { rows_: 2 }),
  },
  "param and layer instance": {
    program: (n) => `model Net {\n  input x_: [rows_, 2]\n  target y_: index(3)[rows_]\n  param ${n}: [3] = ones\n  z_ = dense(x_, 3) * ${n}\n  output p_ = z_\n  loss cross_entropy(z_, y_)\n  train adam(lr = 0.1)\n}`,
    run: (module, n) => trained(module, { x_: Float32Array.of(1, 2, 3, 4), y_: Int32Array.of(0, 2) }, ["y_"], { rows_: 2 }, [n]),
  },
  "output, metric, hyper": {
    program: (n) => `model Net {\n  hyper h_ = 0.5\n  input x_: [rows_, 2]\n  target y_: index(3)[rows_]\n  ${n} = dense(x_, 3) * h_\n  output ${n}\n  loss cross_entropy(${n}, y_)\n  metric ${n}2 = mean(${n})\n  train adam(lr = 0.1)\n}`,
    run: (module) => trained(module, { x_: Float32Array.of(1, 2, 3, 4), y_: Int32Array.of(0, 2) }, ["y_"], { rows_: 2 }),
  },
  "dim of a model": {
    program: (n) => `model Net {\n  input x_: [${n}, 2]\n  target y_: index(3)[${n}]\n  z_ = dense(x_, 3)\n  output p_ = z_\n  loss cross_entropy(z_, y_)\n  train adam(lr = 0.1)\n}`,
    run: (module, n) => trained(module, { x_: Float32Array.of(1, 2, 3, 4), y_: Int32Array.of(0, 2) }, ["y_"], { [n]: 2 }),
  },
  model: {
    program: (n) => `model ${n} {\n  input x_: [rows_, 2]\n  target y_: index(3)[rows_]\n  z_ = dense(x_, 3)\n  output p_ = z_\n  loss cross_entropy(z_, y_)\n  train adam(lr = 0.1)\n}`,
    run: (module, n) => trained(module, { x_: Float32Array.of(1, 2, 3, 4), y_: Int32Array.of(0, 2) }, ["y_"], { rows_: 2 }, [], n[0].toUpperCase() + n.slice(1)),
  },
}; // prettier-ignore

interface Trainer {
  readonly params: Readonly<Record<string, Float32Array>>;
  forward(inputs: Named, options?: Named): Named;
  evaluate(batch: Named): Named;
  gradient(batch: Named): Named;
  step(batch: Named): number;
  save(): Uint8Array;
  load(bytes: Uint8Array): unknown;
}

/** Results of training, in the order of the keys, so that names do not count. */
function trained(module: Named, batch: Named, targets: readonly string[], options: Named, params: readonly string[] = [], N = "Net"): unknown {
  const create = f(module, `create${N}Trainer`);
  const given = Object.fromEntries(params.map((name) => [name, Float32Array.of(1, 2, 3)]));
  const trainers = [create({ ...options, seed: 1, params: {} }), create({ ...options, seed: 1, params: given })] as Trainer[];
  const inputs = Object.fromEntries(Object.entries(batch).filter(([name]) => !targets.includes(name)));
  const values = (named: unknown): unknown[] => Object.values(named as Named).map((v) => (ArrayBuffer.isView(v) || typeof v !== "object" ? v : values(v)));
  const run = trainers.map((t) => [values(t.forward(inputs)), values(t.evaluate(batch)), values(t.gradient(batch)), t.step(batch), values(t.params)]);
  const again = create({ ...options, seed: 9 }) as Trainer;
  again.load(trainers[1].save());
  expect(values(again.forward(inputs))).toEqual(values(trainers[1].forward(inputs)));
  const results = trainers[0].forward(inputs);
  const out = Object.fromEntries(Object.entries(results).map(([name, v]) => [name, (v as Float32Array).slice().fill(0)]));
  expect(trainers[0].forward(inputs, { out })).toEqual(results);
  return run;
} // prettier-ignore

describe.each(Object.entries(positions))("as %s", (_, { program, run }) => {
  test("names of JavaScript mean what others do", async () => {
    const expected = JSON.stringify(run(await evaluate(program("plain"), { path: "a.nn" }), "plain"));
    const faults: string[] = [];
    for (const name of hostile) {
      const { code, diagnostics } = await compile(program(name), { path: "a.nn", emit: "js", format: false });
      // A clash of generated names is an error of the catalogue.
      if (code === null) {
        expect(diagnostics.map((d) => d.code)).toContain("generated-name-clash");
        continue;
      }
      try {
        const found = JSON.stringify(run(load(code), name));
        if (found.replaceAll(`"${name}"`, '"plain"') !== expected)
          faults.push(`${name}: ${found} instead of ${expected}`);
      } catch (error) {
        faults.push(`${name}: ${error instanceof Error ? (error.stack ?? "") : ""}`);
      }
    }
    expect(faults).toEqual([]);
  });
});
