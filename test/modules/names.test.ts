// The user's exports have the user's names, whatever the module's own code is called.
import { expect, test } from "vitest";
import { supportSources } from "../../src/7-emit/support.generated.ts";
import { compile } from "../../src/compile.ts";
import { evaluate, load } from "../../src/evaluate.ts";
import { bits, integers, numbers, type Named, type Trainer } from "./support.ts";

const crowd = Object.keys(supportSources);

const program = `
fn apart(x: [n], y: [n, m], i: index(4)[n]) = sum(sigmoid(exp(x) + tanh(x))) + sum(y) * i[0] + erf(x[0]) + mod(x[0], 2)
model Net {
  input x: [batch, 5]
  input word: index(7)[batch]
  target y: index(3)[batch]
  h = dropout(tanh(dense(concat([x, embedding(word, 7, 4)], axis = 1), 6)), 0.3)
  z = dense(h, 3)
  output p = softmax(z)
  loss cross_entropy(z, y)
  train adam(lr = 0.01)
}`;
const others = crowd.map((name, k) => `fn ${name}(x: [n]) = sum(x) + ${String(k)}`).join("\n");

test.each(["f32", "f64"] as const)("functions named like all support code, beside what uses it (%s)", async (precision) => {
  const plain: Named = await evaluate(program, { path: "a.nn", precision });
  const crowded: Named = await evaluate(`${others}\n${program}`, { path: "a.nn", precision, verify: true });
  const Reals = precision === "f32" ? Float32Array : Float64Array;
  for (const [k, name] of crowd.entries()) {
    const f = crowded[name] as (x: unknown) => number;
    expect(f(Reals.of(1, 2))).toBe(3 + k);
    expect(() => f([1, 2])).toThrow(/found an Array/);
    const gradient = crowded[`${name}Gradient`] as (x: unknown, out: unknown) => { gradient: unknown };
    expect(gradient(Reals.of(1, 2), { gradient: { x: new Reals(2) } }).gradient).toEqual({ x: Reals.of(1, 1) });
  }
  const [x, y] = [Reals.from(numbers(3)), Reals.from(numbers(6, 2))];
  const apart = [plain, crowded].map((m) => (m["apart"] as (...a: unknown[]) => number)(x, y, Int32Array.of(1, 2, 3)));
  expect(apart[1]).toBe(apart[0]);
  const batch = { x: Reals.from(numbers(15)), word: integers(3, 7), y: integers(3, 3) };
  const states = [plain, crowded].map((m) => {
    const t = (m["createNetTrainer"] as (options: unknown) => Trainer)({ batch: 3, seed: 4 });
    t.step(batch);
    const saved = t.save();
    t.step(batch);
    t.load(saved);
    t.step(batch);
    expect(() => t.step({ ...batch, word: Int32Array.of(0, 7, 0) })).toThrow(/word\[1\] is 7/);
    return bits(t);
  });
  expect(states[1]).toBe(states[0]);
}); // prettier-ignore

test.each(["overlap", "uniform", "Integers"])("a model called %s", async (name) => {
  const { code } = await compile(program.replace("model Net", `model ${name}`), { path: "a.nn", emit: "js", format: false }); // prettier-ignore
  const N = name[0].toUpperCase() + name.slice(1);
  expect(Object.keys(load(code ?? ""))).toContain(`create${N}Trainer`);
});

// The reserved words of JavaScript that the language does not reserve itself, and globals that generated code uses.
const reserved = (
  "arguments await break case catch class continue debugger default delete do enum eval export extends finally function " +
  "implements instanceof interface let new null package private protected public static super switch this throw try " +
  "typeof var void with yield undefined NaN Infinity Math Number Object Array ArrayBuffer Float32Array Float64Array " +
  "Int32Array Uint8Array RangeError TypeError Error JSON String Boolean Map Set globalThis"
).split(" ");

test("functions and models whose names JavaScript has itself, as real modules", async () => {
  const text = reserved.map((name, k) => `fn ${name}(x: [n]) = sum(exp(x)) + ${String(k)}`).join("\n");
  const { code, declarations, diagnostics } = await compile(`${text}\n${program}`, { path: "a.nn", emit: "js" });
  expect(diagnostics.filter((d) => d.severity === "error")).toEqual([]);
  const module = (await import(`data:text/javascript,${encodeURIComponent(code ?? "")}`)) as Named;
  for (const [k, name] of reserved.entries()) {
    expect((module[name] as (x: Float32Array) => number)(Float32Array.of(0, 0))).toBe(2 + k);
    expect(declarations).toContain(`export { ${name}$ as ${name} };`);
  }
  expect(Object.keys(module).sort()).toEqual(
    [...reserved, ...reserved.map((name) => `${name}Gradient`), "apart", "apartGradient", "createNet", "createNetTrainer", "netInfo"].sort(),
  );
  for (const N of ["Map", "Float32Array"]) {
    const model = await compile(program.replace("model Net", `model ${N}`), { path: "a.nn", emit: "js" });
    expect(model.declarations).toContain(`export type { ${N}$ as ${N} };`);
    expect(Object.keys(load(model.code ?? ""))).toContain(`create${N}Trainer`);
  }
}); // prettier-ignore

test("only two exports that must have one name clash", async () => {
  const { diagnostics } = await compile("fn createNet(x) = x\nmodel Net {\n input x: [n]\n output p = x\n}", { path: "a.nn" });
  expect(diagnostics).toMatchObject([{ code: "generated-name-clash" }]);
}); // prettier-ignore
