// Emitted modules are TypeScript that passes --strict without their `@ts-nocheck`, JavaScript with declarations that consumers
// can rely on, free of eval, and the same bytes each time.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";
import { supportSources } from "../../src/7-emit/support.generated.ts";
import { compile, type CompileOptions } from "../../src/compile.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "derive-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const crowd = Object.keys(supportSources);
const programs: Record<string, string> = {
  functions: `
    /// A computation graph.
    fn L(a, b, c) { d = 2 * b  
      e = a + d
      return c * e }
    fn rosenbrock(x: [n]) = sum(100 * (x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)
    derive rosenbrock: value, gradient, hvp, hessian
    fn several(x: [n], k: index(n), on: bool) { h = x * 2
      c = sum(x) + x[k]
      return h, c, if on then h > 0 else h < 1 }
    fn squares(a: [n, n]) = a @ a
    derive squares: value, jacobian, jvp
    fn both(x: [a, b]) = sum(x, axis = 0)
    fn reserved(class, new: [n], default: index(4)[m]) = class * new[0] + sum(default)
    fn everything(x: [n]) = exp(x) + log(x) + tanh(x) + sin(x) + cos(x) + tan(x) + erf(x) + sqrt(x) + cbrt(x) + abs(x) + floor(x) + round(x) + gelu(x) + softplus(x) + atan2(x, x) + pow(x, x) + mod(x, 2) + softmax(x) + asinh(x) + log1p(x) + expm1(x)
    derive everything: value, jvp`,
  straight: `model Small {
    input x: [batch, 2]
    target y: [batch, 1]
    h = dropout(tanh(dense(x, 3)), 0.1)
    output p = sigmoid(dense(h, 1))
    loss bce(p, y)
    metric accuracy = mean(round(p) == y)
    train adam(lr = 0.5, clip_norm = 1) }`,
  looped: `
    layer block(x: [..., n]) { return x + relu(dense(x, n)) }
    model Deep {
      const width = 40
      hyper smoothing = 0.1
      input x: [batch, 50]
      input words: index(20)[batch, 2]
      input scale
      input on: bool
      input keep: bool[batch]
      target y: index(10)[batch]
      frozen param mean: [50]
      h = dropout(block(dense(x - mean, width)), 0.2)
      param E: [20, 8] = normal(1)
      z = dense(concat([h, reshape(E[words], [batch, 16])], axis = 1), 10) * (if on then scale else 1)
      output p = softmax(z)
      output total = sum(z)
      output any_kept = any(keep)
      output best = argmax(z, axis = -1)
      loss energy = cross_entropy(z, y, label_smoothing = smoothing)
      metric accuracy = mean(argmax(z, axis = -1) == y)
      train adam(lr = 0.001 * 0.5^(step / 1000)) }`,
  several: `
    model net { input x: [a, b]
      output p = sum(x, axis = 0) }
    model Other { input x: [n]
      param w = ones
      loss sum(x) * w }
    model Dims {
      input x: [step, 20]
      target y: index(20)[step]
      h = dropout(dense(x, 20), 0.5)
      output p = softmax(h)
      loss cross_entropy(h, y)
      train sgd(lr = 0.1) }
    fn f(x: [class]) = sum(exp(x))
    derive f: value, gradient, hessian`,
};

// The user's names are those of support code, which the model embeds.
programs.crowded = `${crowd.map((name) => `fn ${name}(x) = x + 1\nderive ${name}: value`).join("\n")}\nfn class(x: [n]) = sum(x)\nfn Math(x) = exp(x)\n${programs.straight.replace("Small", "Float32Array")}`;

const settings: readonly Partial<CompileOptions>[] = [{}, { precision: "f64" }];
const options = (setting: Partial<CompileOptions>): CompileOptions => ({
  path: "program.nn",
  format: false,
  ...setting,
});

async function emitted(
  name: string,
  setting: Partial<CompileOptions>,
): Promise<{ code: string; declarations: string }> {
  const { code, declarations, diagnostics } = await compile(programs[name], options(setting));
  if (code === null) throw new Error(`${name}: ${diagnostics.map((d) => d.message).join("; ")}`);
  return { code, declarations: declarations ?? "" };
}

/** What the compiler of TypeScript says of files, all in one program. */
function faults(files: readonly string[], more: ts.CompilerOptions = {}): readonly string[] {
  const program = ts.createProgram({
    rootNames: files,
    options: {
      strict: true,
      noEmit: true,
      skipDefaultLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      allowImportingTsExtensions: true,
      types: [],
      noImplicitReturns: true,
      noFallthroughCasesInSwitch: true,
      exactOptionalPropertyTypes: true,
      ...more,
    },
  });
  return ts.getPreEmitDiagnostics(program).map((d) => {
    const line = d.file?.getLineAndCharacterOfPosition(d.start ?? 0).line ?? 0;
    const text = d.file?.text.split("\n")[line] ?? "";
    return `${d.file?.fileName ?? ""}:${String(line + 1)}: ${ts.flattenDiagnosticMessageText(d.messageText, "\n")}\n  ${text}`;
  });
}

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const checked = (code: string): string => {
  expect(code).toContain("// @ts-nocheck\n");
  return code.replace("// @ts-nocheck\n", "");
};

test("emitted TypeScript passes --strict", async () => {
  const generated = new URL("../../generated/", import.meta.url);
  const files = readdirSync(generated)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => written(`generated-${name}`, checked(readFileSync(new URL(name, generated), "utf8"))));
  expect(files.length).toBeGreaterThanOrEqual(7);
  for (const name of Object.keys(programs)) {
    for (const [k, setting] of settings.entries()) {
      files.push(written(`${name}-${String(k)}.ts`, checked((await emitted(name, setting)).code)));
    }
  }
  expect(faults(files)).toEqual([]);
  // And the check sees what is wrong.
  const wrong = written("wrong.ts", 'export const n: number = "text";\n');
  expect(faults([wrong])).toHaveLength(1);
}, 60_000);

const consumer = (extension: string): string => `
import { createDeep, createDeepTrainer, deepInfo, type Deep, type DeepParams, type DeepTrainer } from "./looped.${extension}";
import { L, LGradient, rosenbrock, rosenbrockGradient, several } from "./functions.${extension}";

const trainer: DeepTrainer = createDeepTrainer({ batch: 2, seed: 1, params: { mean: new Float32Array(50) } });
const inference: Deep = createDeep({ batch: 2 });
const params: DeepParams = trainer.params;
const weights: Float32Array = params["E"];
trainer.hyper.smoothing = 0.2;
const inputs = { x: new Float32Array(100), words: new Uint8Array(4), scale: 1, on: true, keep: new Uint8Array(2) };
const { p, total, any_kept, best } = inference.forward(inputs);
const texts: [Float32Array, number, boolean, Int32Array] = [p, total, any_kept, best];
const batch = { ...inputs, y: new Int32Array(2) };
const loss: number = trainer.step(batch);
const { energy, accuracy } = trainer.evaluate(batch);
const found = trainer.gradient(batch);
trainer.gradient(batch, { out: found });
trainer.gradient(batch, { out: { gradient: params } });
trainer.apply(found.gradient);
// @ts-expect-error frozen parameters have no gradient
found.gradient.mean;
// @ts-expect-error y is missing
trainer.step(inputs);
// @ts-expect-error batch is missing
createDeep({});
// @ts-expect-error read-only
trainer.params = params;
const name: "Deep" = deepInfo.name;
const value: number = L(1, 2, 3) + LGradient(1, 2, 3).gradient.c + rosenbrock(new Float32Array(3));
const { x } = rosenbrockGradient(new Float32Array(3)).gradient;
const { h, c } = several(x, 0, true);
// @ts-expect-error a number is wanted
L("1", 2, 3);
const bytes: Uint8Array = trainer.save();
const { reset, unknown } = inference.load(bytes, { rename: { E: "embedding.weight" } });
export default [weights, texts, loss, energy, accuracy, name, value, h, c, reset, unknown];
`;

test("consumers of TypeScript and of JavaScript with declarations type-check", async () => {
  const files = [];
  for (const name of ["looped", "functions"]) {
    const { code, declarations } = await emitted(name, { emit: "js" });
    files.push(written(`${name}.d.ts`, declarations));
    written(`${name}.js`, code);
  }
  files.push(written("js-consumer.ts", consumer("js")));
  expect(faults(files)).toEqual([]);
  for (const name of ["looped", "functions"]) rmSync(join(folder, `${name}.d.ts`));
  for (const name of ["looped", "functions"]) written(`${name}.ts`, (await emitted(name, {})).code);
  expect(faults([written("ts-consumer.ts", consumer("ts"))])).toEqual([]);
}, 60_000);

test("emitted JavaScript runs where eval is forbidden", async () => {
  for (const name of ["straight", "functions"]) written(`${name}.mjs`, (await emitted(name, { emit: "js" })).code);
  const main = written(
    "main.mjs",
    `import { createSmallTrainer } from "./straight.mjs";
    import { L, everything, rosenbrockHessian } from "./functions.mjs";
    let forbidden = false;
    try { new Function("return 1"); } catch { forbidden = true; }
    const m = createSmallTrainer({ batch: 1, seed: 3 });
    const loss = m.step({ x: new Float32Array([0, 1]), y: new Float32Array([1]) });
    m.load(m.save());
    const value = L(3, 1, -2);
    const h = rosenbrockHessian(new Float32Array([1, 1])).hessian.x.x;
    everything(new Float32Array(3));
    console.log(JSON.stringify({ forbidden, finite: Number.isFinite(loss), value, h: Array.from(h) }));`,
  );
  const out = execFileSync(process.execPath, ["--disallow-code-generation-from-strings", main], { encoding: "utf8" });
  // By hand: d2f/dx1^2 = 1200 x1^2 - 400 x2 + 2, d2f/dx1dx2 = -400 x1, d2f/dx2^2 = 200.
  expect(JSON.parse(out)).toEqual({ forbidden: true, finite: true, value: -10, h: [802, -400, -400, 200] });
});

test("the same source gives the same bytes", async () => {
  for (const name of Object.keys(programs)) {
    for (const setting of [...settings, { emit: "js" } as const]) {
      const first = await emitted(name, { ...setting, format: true });
      // Whatever was compiled in between.
      await emitted("functions", {});
      expect(await emitted(name, { ...setting, format: true })).toEqual(first);
    }
  }
}, 60_000);

test("a module imports nothing and does nothing on import", async () => {
  for (const name of Object.keys(programs)) {
    const { code } = await emitted(name, { emit: "js" });
    expect(code).not.toMatch(
      /^import |\bimport\(|\brequire\(|\beval\(|new Function|WebAssembly|Math\.(exp|log|tanh|sin|cos|tan|pow|random)\b/m,
    );
    const file = ts.createSourceFile("m.js", code, ts.ScriptTarget.ES2022);
    for (const statement of file.statements) {
      // Declarations alone, some exported by another name; what constants hold is made without calls.
      if (ts.isExportDeclaration(statement) && statement.moduleSpecifier === undefined) continue;
      expect([ts.SyntaxKind.FunctionDeclaration, ts.SyntaxKind.VariableStatement]).toContain(statement.kind);
    }
  }
});
