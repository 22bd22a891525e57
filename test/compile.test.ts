import { describe, expect, test } from "vitest";
import { compile, type CompileOptions } from "../src/compile.ts";
import { evaluate } from "../src/evaluate.ts";

const path = "test.nn";

async function codesOf(source: string, options: Partial<CompileOptions> = {}): Promise<readonly string[]> {
  return (await compile(source, { path, format: false, ...options })).diagnostics.map(({ code }) => code);
}

describe("what is generated", () => {
  test("a file of layers alone has nothing to generate: a warning, and no module", async () => {
    const { code, diagnostics } = await compile("layer shift(x: [..., n]) = x + 1", { path });
    expect(code).toBeNull();
    expect(diagnostics).toMatchObject([{ code: "nothing-to-generate", severity: "warning" }]);
    expect(await codesOf("fn f(x) = x\nderive f: none")).toEqual(["nothing-to-generate"]);
  });

  test("two items that would generate one name", async () => {
    const { code, diagnostics } = await compile("fn f(x) = x^2\nfn fGradient(x) = x", { path });
    expect(code).toBeNull();
    expect(diagnostics).toMatchObject([{ code: "generated-name-clash" }]);
    expect(diagnostics[0].message).toContain("`fGradient`");
    expect(diagnostics[0].related).toHaveLength(1);
  });
});

describe("numbers too large for single precision", () => {
  const large = "fn f(x: [n]) = sum(x * 1e39)";

  test("are errors where arrays hold f32", async () => {
    const { diagnostics } = await compile(large, { path });
    expect(diagnostics).toMatchObject([{ code: "number-too-large-for-precision", span: { start: 23, end: 27 } }]);
    expect(await codesOf("model M {\n  input x: [n]\n  output y = x + 1e39\n}")).toEqual([
      "number-too-large-for-precision",
    ]);
  });

  test("are none where doubles hold them", async () => {
    expect(await codesOf(large, { precision: "f64" })).toEqual([]);
    expect(await codesOf("fn f(x) = x * 1e39")).toEqual([]);
    expect(await codesOf("fn f(x: [n]) = sum(x * 3.4028234e38)")).toEqual([]);
  });
});

describe("options", () => {
  const source = "const k = 3\nfn f(x) = k * x^2\nfn g(x: [n]) = sum(exp(x))";

  test("`verify` changes nothing but the time it takes", async () => {
    const plain = await compile(source, { path });
    expect(await compile(source, { path, verify: true })).toEqual(plain);
    expect(plain.code).toContain("export function gGradient");
  });

  test("`item` leaves the others out", async () => {
    const { code, info } = await compile(source, { path, item: "g" });
    expect(code).not.toMatch(/\bf\(/);
    expect(info?.functions.map(({ name }) => name)).toEqual(["g"]);
  });

  test("`set` stands in the header", async () => {
    const { code } = await compile(source, { path, set: { k: "5" } });
    expect(code).toContain("--set k=5");
    const { f } = (await evaluate(source, { path, set: { k: "5" } })) as { f: (x: number) => number };
    expect(f(2)).toBe(20);
  });

  test.each(["ast", "types", "graph", "gradient", "simplified", "program"] as const)("`print`: %s", async (print) => {
    const { code, printed, diagnostics } = await compile(source, { path, print });
    expect(code).toBeNull();
    expect(diagnostics).toEqual([]);
    expect(printed).toContain(print === "ast" ? "fn" : "// f gradient");
  });

  test("the same source and options give the same bytes", async () => {
    const [a, b] = [await compile(source, { path }), await compile(source, { path })];
    expect(a).toEqual(b);
  });
});

test("sources that import need a reader", async () => {
  const source = 'import { double } from "./lib.nn"\nfn f(x) = double(x) + 1';
  const read = (name: string): string => {
    if (name === "lib.nn") return "fn double(x) = 2 * x";
    throw new Error(`no ${name}`);
  };
  expect(await codesOf(source, { read })).toEqual([]);
  expect((await codesOf(source)).length).toBeGreaterThan(0);
});

test.each([
  ["a hessian", "fn f(x: [50000]) = sum(x^3)\nderive f: hessian", "tensor-too-large"],
  ["a hessian past 2^53", "fn f(x: [200000, 1000]) = sum(x^3)\nderive f: hessian", "tensor-too-large"],
  ["a jacobian", "fn f(x: [50000]) = x^3\nderive f: jacobian", "tensor-too-large"],
])("%s that is larger than a tensor may be is an error at its function", async (_, source, code) => {
  const { diagnostics, code: text } = await compile(source, { path: "a.nn" });
  expect(text).toBeNull();
  expect(diagnostics.map((d) => [d.code, d.span.start])).toEqual([[code, expect.any(Number)]]);
});

test("derivatives past the limit of nodes are an error at their function", async () => {
  const source = "fn f(x: [n]) = sum(sin(x) * exp(x) * tanh(x))\nderive f: value, gradient, hvp, hessian";
  const { diagnostics } = await compile(source, { path: "a.nn", maxNodes: 40 });
  expect(diagnostics.map((d) => d.code)).toEqual(["too-many-nodes"]);
});
