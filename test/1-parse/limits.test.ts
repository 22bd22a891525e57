import { describe, expect, it } from "vitest";
import { format } from "../../src/1-parse/format.ts";
import { parse } from "../../src/1-parse/parse.ts";
import { printAst } from "../../src/1-parse/print.ts";
import { leftSpine } from "../../src/1-parse/walk.ts";
import { expression, parsed } from "./helpers.ts";

const codes = (text: string): string[] => parse({ path: "a.nn", text }).diagnostics.map(({ code }) => code);
const fn = (body: string): string => `fn f(x) = ${body}\nfn g(x) = x`;

describe("nesting", () => {
  // Constructs that take one level each, around an operand.
  const constructs: readonly (readonly [name: string, open: string, close: string])[] = [
    ["parentheses", "(", ")"],
    ["lists", "[", "]"],
    ["calls", "f(", ")"],
    ["named arguments", "f(a = ", ")"],
    ["signed calls in sums", "a + f(-", " * b)"],
    ["subscripts", "x[", "]"],
    ["slices", "x[1:", "]"],
    ["index notation", "[i < n] -> ", ""],
    ["conditions", "if ", " then a else b"],
    ["then branches", "if a then ", " else b"],
    ["else branches", "if a then b else ", ""],
    ["loops", "for t in 0 : T carry h = 0 { y = ", "}"],
    ["powers", "a^", ""],
  ];
  it.each(constructs)("of 200 levels is legal, of 1,000 an error: %s", (_name, open, close) => {
    const nested = (levels: number): string => fn(open.repeat(levels) + "x" + close.repeat(levels));
    expect(codes(nested(200))).toEqual([]);
    expect(codes(nested(1000))).toEqual(["nesting-too-deep"]);
    expect(parse({ path: "a.nn", text: nested(1000) }).file.items).toHaveLength(1);
    const { file } = parse({ path: "a.nn", text: nested(200) });
    expect(format(parse({ path: "a.nn", text: format(file) }).file)).toBe(format(file));
    expect(printAst(file).length).toBeGreaterThan(200);
  });

  it("counts to 200 exactly", () => {
    const nested = (levels: number): string => fn("(".repeat(levels) + "x" + ")".repeat(levels));
    expect(codes(nested(200))).toEqual([]);
    expect(codes(nested(201))).toEqual(["nesting-too-deep"]);
  });

  it.each([
    ["signs", "-".repeat(100_000) + "x"],
    ["negations", "not ".repeat(100_000) + "x"],
    ["powers", "a" + "^a".repeat(10_000)],
    ["members", "x" + ".T".repeat(10_000)],
    ["subscripts", "x" + "[0]".repeat(10_000)],
    ["branches", "if a then b else ".repeat(10_000) + "c"],
    ["index notation", "[i < n] -> ".repeat(5_000) + "x"],
    ["open brackets", "([{".repeat(10_000)],
    ["open conditions", "if ".repeat(10_000)],
    ["open loops", "for t in 0 : T carry h = ".repeat(1_000)],
  ])("of many %s is an error", (_name, body) => {
    expect(codes(fn(body))).toEqual(["nesting-too-deep"]);
  });

  it("of loops in heads of loops is bounded too", () => {
    const nested = (levels: number): string =>
      fn("for t in 0 : T carry h = ".repeat(levels) + "x" + "{ next h = x }".repeat(levels));
    expect(codes(nested(40))).toEqual([]);
    expect(codes(nested(200))).toEqual(["nesting-too-deep"]);
  });

  it("does not count what stands side by side", () => {
    const many = (body: string): string => `model M {\n${`${body}\n`.repeat(300)}}`;
    expect(codes(many("y = if a then [i < n] -> -x[i].T^2 else (b)"))).toEqual([]);
    expect(codes(fn(`[${"if a then b else c, ".repeat(300)}d]`))).toEqual([]);
  });
});

describe("length", () => {
  it("a sum of 10,000 terms parses, formats and prints", () => {
    const sum = `a${" + b".repeat(9_999)}`;
    const tree = expression(sum);
    const { first, links } = leftSpine(tree);
    expect(first).toMatchObject({ kind: "name", name: "a" });
    expect(links).toHaveLength(9_999);
    expect(links.every(({ operator, right }) => operator === "+" && right.kind === "name")).toBe(true);
    expect(links.at(-1)?.node).toBe(tree);
    const file = parsed(`fn f(a, b) = ${sum}`);
    const once = format(file);
    expect(once.split("\n")).toHaveLength(10_002);
    expect(format(parsed(once))).toBe(once);
    expect(printAst(file)).toContain("+ b");
  });

  it("1 MB is the limit of a source, in bytes", () => {
    const filled = (bytes: number): string => `// ${"x".repeat(bytes - 3)}`;
    expect(codes(filled(1_048_576))).toEqual([]);
    expect(codes(filled(1_048_577))).toEqual(["source-too-large"]);
    expect(codes(`// ${"é".repeat(524_287)}`)).toEqual(["source-too-large"]);
  });

  it("200,000 tokens are the limit of an item", () => {
    expect(codes(fn(`g(${"a,".repeat(100_000)}a)`))).toEqual(["item-too-long"]);
  });

  it.each([
    ["quotes", '"'.repeat(500_000)],
    ["texts", '"a" '.repeat(100_000)],
    ["points", ".".repeat(500_000)],
    ["digits", "1".repeat(500_000)],
    ["digits and points", "1.".repeat(250_000)],
    ["underscores", "_".repeat(500_000)],
    ["slashes", "/".repeat(500_000)],
    ["comment marks", "/*".repeat(250_000)],
    ["braces", "{".repeat(500_000)],
    ["names", "a ".repeat(250_000)],
    ["item words", "fn\n".repeat(150_000)],
    ["line ends", "\n".repeat(500_000)],
    ["commented lines", "x // x\n".repeat(70_000)],
    ["strange characters", "\u0000\u200B\uD800".repeat(150_000)],
  ])("much of nothing but %s ends quickly", (_name, text) => {
    const { diagnostics } = parse({ path: "a.nn", text });
    expect(diagnostics.length).toBeLessThanOrEqual(202);
  });
});
