import { describe, expect, it } from "vitest";
import { bare, expression, fullyParenthesised, sourceOf } from "./helpers.ts";

describe("precedence", () => {
  // language.md, "Expressions, loosest first"; each level against its neighbours.
  it.each([
    ["a or b and c", "(a or (b and c))"],
    ["a and b or c", "((a and b) or c)"],
    ["a or b or c", "((a or b) or c)"],
    ["not a and b", "((not a) and b)"],
    ["a and not b", "(a and (not b))"],
    ["not not a or b", "((not (not a)) or b)"],
    ["not a == b", "(not (a == b))"],
    ["a < b and c >= d", "((a < b) and (c >= d))"],
    ["a + b != c - d", "((a + b) != (c - d))"],
    ["a - b + c", "((a - b) + c)"],
    ["a + b * c - d / e @ f", "((a + (b * c)) - ((d / e) @ f))"],
    ["a / b * c", "((a / b) * c)"],
    ["a @ b @ c", "((a @ b) @ c)"],
    ["-a * b", "((-a) * b)"],
    ["a * -b + c", "((a * (-b)) + c)"],
    ["a - -b", "(a - (-b))"],
    ["a--b", "(a - (-b))"],
    ["-x^2", "(-(x ^ 2))"],
    ["2^-1", "(2 ^ (-1))"],
    ["2^-x^2", "(2 ^ (-(x ^ 2)))"],
    ["2^-x*y", "((2 ^ (-x)) * y)"],
    ["a^b^c", "(a ^ (b ^ c))"],
    ["a * b^c", "(a * (b ^ c))"],
    ["-a.T^b[0]", "(-(a.T ^ b[]))"],
    ["(a + b) * c", "((a + b) * c)"],
  ])("%s", (text, tree) => {
    expect(fullyParenthesised(expression(text))).toBe(tree);
  });

  it.each([
    ["if a then b else c + d", "(if a then b else (c + d))"],
    ["a + if b then c else d + e", "(a + (if b then c else (d + e)))"],
    ["-if a then b else c", "(-(if a then b else c))"],
    ["if a then b else if c then d else e", "(if a then b else (if c then d else e))"],
    ["if a then if b then c else d else e", "(if a then (if b then c else d) else e)"],
    ["if if a then b else c then d else e", "(if (if a then b else c) then d else e)"],
    ["2 * [i < n] -> x[i] + 1", "(2 * (map i: (x[] + 1)))"],
    ["a + -[i < n] -> [j < m] -> x * y + z", "(a + (-(map i: (map j: ((x * y) + z)))))"],
    ["a or not [i < n] -> b or c", "(a or (not (map i: (b or c))))"],
    ["a + [i < n] -> b + if c then d else e + f", "(a + (map i: (b + (if c then d else (e + f)))))"],
    ["f(if a then b else c, d)", "f((if a then b else c), d)"],
    ["a^if b then c else d", "(a ^ (if b then c else d))"],
  ])("a prefix form reaches to the right: %s", (text, tree) => {
    expect(fullyParenthesised(expression(text))).toBe(tree);
  });
});

describe("operands", () => {
  it.each([
    ["12", 12],
    ["1.5", 1.5],
    [".5", 0.5],
    ["1.", 1],
    ["1e-3", 1e-3],
    ["2.5E+2", 250],
    ["1_000_000", 1e6],
    ["1_0.2_5", 10.25],
    [".5e1", 5],
    ["007", 7],
  ])("the number %s", (text, value) => {
    expect(bare(expression(text))).toEqual({ kind: "number", value, text });
  });

  it.each(["true", "false", "inf", "nan", "pi"])("the constant %s", (name) => {
    expect(bare(expression(name))).toEqual({ kind: "constant", name });
  });

  it("texts and names, in NFC", () => {
    expect(bare(expression('einsum("bi,ij->bj", σ, W1)'))).toEqual({
      kind: "call",
      callee: { text: "einsum" },
      arguments: [
        { name: null, value: { kind: "text", value: "bi,ij->bj" } },
        { name: null, value: { kind: "name", name: "σ" } },
        { name: null, value: { kind: "name", name: "W1" } },
      ],
    });
    expect(expression("y\u0302")).toMatchObject({ kind: "name", name: "\u0177" });
  });

  it("calls with positional and named arguments", () => {
    expect(bare(expression("f(x, axis = -1, keep = a == b,)"))).toMatchObject({
      arguments: [
        { name: null, value: { kind: "name" } },
        { name: { text: "axis" }, value: { kind: "unary" } },
        { name: { text: "keep" }, value: { kind: "binary", operator: "==" } },
      ],
    });
    expect(expression("f()")).toMatchObject({ kind: "call", arguments: [] });
    expect(expression("repeat(x, 2, axis = 0)")).toMatchObject({ kind: "call", callee: { text: "repeat" } });
    expect(expression("max(index(x), min = input)")).toMatchObject({ kind: "call", callee: { text: "max" } });
  });

  it("subscripts and slices", () => {
    const x = { kind: "name", name: "x" };
    const number = (text: string): unknown => ({ kind: "number", value: Number(text), text });
    const at = (text: string): unknown => ({ kind: "at", index: number(text) });
    const slice = (start: string | null, stop: string | null, step: string | null): unknown => ({
      kind: "slice",
      start: start === null ? null : number(start),
      stop: stop === null ? null : number(stop),
      step: step === null ? null : number(step),
    });
    const subscripts = (text: string): unknown => (bare(expression(text)) as { subscripts: unknown }).subscripts;
    expect(bare(expression("x[1]"))).toEqual({ kind: "subscript", object: x, subscripts: [at("1")] });
    expect(subscripts("x[1:2]")).toEqual([slice("1", "2", null)]);
    expect(subscripts("x[:, 0]")).toEqual([slice(null, null, null), at("0")]);
    expect(subscripts("x[::2]")).toEqual([slice(null, null, "2")]);
    expect(subscripts("x[1:]")).toEqual([slice("1", null, null)]);
    expect(subscripts("x[:2]")).toEqual([slice(null, "2", null)]);
    expect(subscripts("x[1:2:3]")).toEqual([slice("1", "2", "3")]);
    expect(subscripts("x[1::3]")).toEqual([slice("1", null, "3")]);
    expect(subscripts("x[:2:3]")).toEqual([slice(null, "2", "3")]);
    expect(subscripts("x[::]")).toEqual([slice(null, null, null)]);
    expect(expression("x[::-1]")).toMatchObject({ subscripts: [{ step: { kind: "unary" } }] });
    expect(expression("x[if a then b else c : d]")).toMatchObject({ subscripts: [{ start: { kind: "if" } }] });
  });

  it("members, also by the number of a round", () => {
    expect(bare(expression("h.0.fc.W.T[1]"))).toMatchObject({
      kind: "subscript",
      object: { kind: "member", member: { text: "T" }, object: { member: { text: "W" } } },
    });
    expect(fullyParenthesised(expression("h.0.W"))).toBe("h.0.W");
  });

  it("lists", () => {
    expect(bare(expression("[[1, 2], [], x]"))).toMatchObject({
      kind: "list",
      elements: [{ kind: "list" }, { kind: "list", elements: [] }, { kind: "name" }],
    });
    expect(expression("[i < m]")).toMatchObject({ kind: "list", elements: [{ kind: "binary" }] });
  });

  it("index notation", () => {
    expect(bare(expression("[i < m, 1 <= j < n - 1] -> W[i, j]"))).toMatchObject({
      kind: "map",
      indices: [
        { name: { text: "i" }, from: null, to: { kind: "name", name: "m" } },
        { name: { text: "j" }, from: { kind: "number" }, to: { kind: "binary", operator: "-" } },
      ],
      body: { kind: "expression", value: { kind: "subscript" } },
    });
    expect(expression("[i < m] -> {\n  y = x[i]\n  return y^2\n}")).toMatchObject({
      kind: "map",
      body: { kind: "block", block: { statements: [{ kind: "let" }, { kind: "return" }] } },
    });
  });

  it("loops", () => {
    expect(bare(expression("for t in 0 : T - 1 carry h = h0, c = c0 { next h = c\n next c = h }"))).toMatchObject({
      kind: "for",
      index: { text: "t" },
      from: { kind: "number" },
      to: { kind: "binary" },
      max: null,
      carries: [{ name: { text: "h" }, initial: { name: "h0" } }, { name: { text: "c" } }],
      yields: [],
      body: { statements: [{ kind: "next" }, { kind: "next" }] },
    });
    expect(bare(expression("scan t in 0:k carry h = h0 yield y, z max 9 { y = h; z = h }"))).toMatchObject({
      kind: "scan",
      yields: [{ text: "y" }, { text: "z" }],
      max: { text: "9" },
    });
    expect(bare(expression("while a < b carry a = 1 max N { next a = 2 * a }"))).toMatchObject({
      kind: "while",
      condition: { kind: "binary" },
      max: { name: "N" },
    });
    expect(bare(expression("repeat l < 12\n carry h = x { next h = block(h) }"))).toMatchObject({
      kind: "repeat",
      index: { text: "l" },
      count: { text: "12" },
      carries: [{ name: { text: "h" } }],
    });
    // The words of a loop's head are names where they are none.
    expect(expression("for t in carry : max carry carry = max yield { }".replace(" yield", ""))).toMatchObject({
      from: { name: "carry" },
      to: { name: "max" },
      carries: [{ name: { text: "carry" }, initial: { name: "max" } }],
    });
  });
});

describe("spans", () => {
  it("cover what they say", () => {
    const sum = expression("a + (b * c)[0, 1:n] - f(x, k = 2).T");
    if (sum.kind !== "binary" || sum.left.kind !== "binary") throw new Error("no sum");
    expect(sourceOf(sum.span)).toBe("a + (b * c)[0, 1:n] - f(x, k = 2).T");
    expect(sourceOf(sum.operatorSpan)).toBe("-");
    expect(sourceOf(sum.left.span)).toBe("a + (b * c)[0, 1:n]");
    expect(sourceOf(sum.left.right.span)).toBe("(b * c)[0, 1:n]");
    const { right } = sum.left;
    if (right.kind !== "subscript") throw new Error("no subscript");
    expect(right.subscripts.map(({ span }) => sourceOf(span))).toEqual(["0", "1:n"]);
    if (sum.right.kind !== "member" || sum.right.object.kind !== "call") throw new Error("no call");
    expect(sourceOf(sum.right.span)).toBe("f(x, k = 2).T");
    expect(sourceOf(sum.right.member.span)).toBe("T");
    expect(sum.right.object.arguments.map(({ span }) => sourceOf(span))).toEqual(["x", "k = 2"]);
    const { callee } = sum.right.object;
    expect(sourceOf(callee.span)).toBe("f");
  });

  it("cover prefix forms to their ends", () => {
    const text = "-if a then b else [i < n] -> c + d";
    const tree = expression(text);
    if (tree.kind !== "unary" || tree.operand.kind !== "if") throw new Error("no if");
    expect(sourceOf(tree.span)).toBe(text);
    expect(sourceOf(tree.operand.span)).toBe("if a then b else [i < n] -> c + d");
    expect(sourceOf(tree.operand.else.span)).toBe("[i < n] -> c + d");
  });
});
