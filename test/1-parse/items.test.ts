import { describe, expect, it } from "vitest";
import { parse } from "../../src/1-parse/parse.ts";
import { bare, diagnosticsOf, item, parsed, sourceOf, statements } from "./helpers.ts";

describe("items", () => {
  it("import", () => {
    expect(bare(item('import { residual, block as b } from "./blocks.nn"', "import"))).toEqual({
      kind: "import",
      names: [
        { name: { text: "residual" }, as: null },
        { name: { text: "block" }, as: { text: "b" } },
      ],
      path: "./blocks.nn",
    });
  });

  it("const", () => {
    expect(bare(item("const hidden = 2 * 64", "const"))).toMatchObject({
      kind: "const",
      name: { text: "hidden" },
      value: { kind: "binary" },
      doc: null,
    });
  });

  it("fn, short and with a block", () => {
    expect(bare(item("fn f(x: [n], k = 2) = x^k", "fn"))).toMatchObject({
      name: { text: "f" },
      shorthand: true,
      parameters: [
        { name: { text: "x" }, type: { element: "real", dims: [{ name: "n" }] }, default: null },
        { name: { text: "k" }, type: null, default: { text: "2" } },
      ],
      body: { statements: [{ kind: "return", values: [{ kind: "binary" }] }] },
    });
    expect(item("fn f() { return 1, 2 }", "fn")).toMatchObject({
      shorthand: false,
      parameters: [],
      body: { statements: [{ kind: "return", values: [{ text: "1" }, { text: "2" }] }] },
    });
  });

  it("layer, initializer, optimizer", () => {
    const layer = item(
      "layer dense(x: [..., n], units) {\n param W: [n, units] = glorot_uniform\n return x @ W\n}",
      "layer",
    );
    expect(layer.body.statements.map(({ kind }) => kind)).toEqual(["param", "return"]);
    const initializer = item(
      "initializer he(shape, fan_in, fan_out) = normal(shape, 0, sqrt(2 / fan_in))",
      "initializer",
    );
    expect(initializer.parameters.map(({ name }) => name.text)).toEqual(["shape", "fan_in", "fan_out"]);
    const optimizer = item(
      "optimizer sgd(p, g, lr = 0.1) { state m = zeros_like(p)  next m = m + g  next p = p - lr * m }",
      "optimizer",
    );
    expect(optimizer.body.statements.map(({ kind }) => kind)).toEqual(["state", "next", "next"]);
  });

  it("derive", () => {
    expect(bare(item("derive f: value, gradient(a, b), hvp", "derive"))).toEqual({
      kind: "derive",
      target: { text: "f" },
      parameters: null,
      wanted: [
        { name: { text: "value" }, arguments: null },
        { name: { text: "gradient" }, arguments: [{ text: "a" }, { text: "b" }] },
        { name: { text: "hvp" }, arguments: null },
      ],
    });
    expect(bare(item("derive f(x: [n, 3]): none", "derive"))).toMatchObject({
      parameters: [{ name: { text: "x" }, type: { dims: [{ name: "n" }, { text: "3" }] } }],
    });
  });

  it("types", () => {
    const types = statements(
      "input a: [..., n]\ninput b: index(10)[batch]\ninput c: bool[n]\ninput d: index(2 * n)\ninput e: bool\ninput f: [...]\ninput g",
    ).map((statement) => ("type" in statement ? bare(statement.type) : null));
    const base = { element: "real", bound: null, leading: false, dims: [] };
    expect(types).toMatchObject(
      [
        { ...base, leading: true, dims: [{ name: "n" }] },
        { ...base, element: "index", bound: { text: "10" }, dims: [{ name: "batch" }] },
        { ...base, element: "bool", dims: [{ name: "n" }] },
        { ...base, element: "index", bound: { kind: "binary" } },
        { ...base, element: "bool" },
        { ...base, leading: true },
        null,
      ].map((type) => type as object | null),
    );
  });

  it("has spans from the first word to the last", () => {
    const text = "const a = 1\n\n/// doc\nfn f(x: [n] = y) {\n  return x\n}\n";
    const [constant, fn] = parsed(text).items;
    expect(sourceOf(constant.span)).toBe("const a = 1");
    expect(sourceOf(fn.span)).toBe("fn f(x: [n] = y) {\n  return x\n}");
    if (fn.kind !== "fn") throw new Error("no fn");
    expect(sourceOf(fn.body.span)).toBe("{\n  return x\n}");
    expect(sourceOf(fn.parameters[0].span)).toBe("x: [n] = y");
    expect(sourceOf(fn.name.span)).toBe("f");
  });
});

describe("documentation", () => {
  it("goes to the item below it", () => {
    const text =
      "/// one\n///   two\n// no\n/// three  \nfn f() = 1\n\n/// of M\nmodel M { // not this\n /// nor this\n output p = 1 }\nfn g() = 2";
    expect(parsed(text).items.map((entry) => ("doc" in entry ? entry.doc : null))).toEqual([
      "one\n  two\nthree",
      "of M",
      null,
    ]);
  });

  it("comments stay on the file", () => {
    const { comments } = parsed("// a\nfn f() = 1 /* b\n */ // c\n/// d");
    expect(comments.map(({ kind, text }) => [kind, text])).toEqual([
      ["line", "// a"],
      ["block", "/* b\n */"],
      ["line", "// c"],
      ["doc", "/// d"],
    ]);
    expect(comments.map(({ span }) => sourceOf(span))).toEqual(comments.map(({ text }) => text));
  });
});

describe("statements", () => {
  it("of a model", () => {
    const body = `
      const hidden = 128
      hyper smoothing = 0.1
      input x: [batch, 784]
      target y: index(10)[batch]
      frozen param m: [n]
      param b = 0
      state s: [n] = zeros
      use enc = dense(units = 64)
      h, _ = f(x)
      next s = h
      output p = softmax(h)
      output h
      loss mse(p, y)
      loss named = mse(p, y)
      metric accuracy = mean(p == y)
      train adam(lr = 0.001)`;
    expect(bare(statements(body))).toMatchObject([
      { kind: "const", name: { text: "hidden" } },
      { kind: "hyper", name: { text: "smoothing" } },
      { kind: "input", name: { text: "x" } },
      { kind: "target", name: { text: "y" } },
      { kind: "param", frozen: true, name: { text: "m" }, initial: null },
      { kind: "param", frozen: false, type: null, initial: { text: "0" } },
      { kind: "state", frozen: false, initial: { name: "zeros" } },
      { kind: "use", name: { text: "enc" }, value: { kind: "call" } },
      { kind: "let", targets: [{ text: "h" }, { text: "_" }] },
      { kind: "next", name: { text: "s" } },
      { kind: "output", name: { text: "p" }, value: { kind: "call" } },
      { kind: "output", name: { text: "h" }, value: null },
      { kind: "loss", name: null, value: { kind: "call" } },
      { kind: "loss", name: { text: "named" } },
      { kind: "metric", name: { text: "accuracy" } },
      { kind: "train", value: { kind: "call" } },
    ]);
  });

  it("read contextual words as names before `=` and `,`, and in expressions", () => {
    const words =
      "input target param frozen state next output loss metric train hyper from carry yield index bool max as";
    for (const word of words.split(" ")) {
      expect(bare(statements(`${word} = ${word} + 1\n${word}, b = f(${word}, ${word} = 2)`))).toMatchObject([
        { kind: "let", targets: [{ text: word }], value: { left: { name: word } } },
        { kind: "let", targets: [{ text: word }, { text: "b" }] },
      ]);
      expect(item(`fn ${word}(${word}: [${word}]) = ${word}`, "fn").name.text).toBe(word);
    }
    expect(statements("loss (z)\nloss loss == loss")).toMatchObject([
      { kind: "loss", value: { kind: "group" } },
      { kind: "loss", name: null, value: { operator: "==" } },
    ]);
  });

  it("run over line ends, and start on new lines", () => {
    const body = "a = b\n  + c\n  * d\ne =\n  f(\n  x\n  )\ng = h\n[0]\n(i)\nj = -\nk\nl = m\nthe_next = 3";
    expect(() => statements(body)).toThrow("call-of-value");
    expect(statements(body.replace("\n(i)", "")).map(({ span }) => sourceOf(span))).toEqual([
      "a = b\n  + c\n  * d",
      "e =\n  f(\n  x\n  )",
      "g = h\n[0]",
      "j = -\nk",
      "l = m",
      "the_next = 3",
    ]);
    expect(statements("a = f\n(x)")).toMatchObject([{ kind: "let", value: { kind: "call" } }]);
    expect(statements("; a = 1;; b = 2 ;\nc = 3;").map(({ span }) => sourceOf(span))).toEqual([
      "a = 1",
      "b = 2",
      "c = 3",
    ]);
  });

  it("may follow on the same line only where their word says so", () => {
    expect(statements("a = b next c = d state e = f return g").map(({ kind }) => kind)).toEqual([
      "let",
      "next",
      "state",
      "return",
    ]);
    expect(diagnosticsOf("model M { a = b c = d }").map(({ code }) => code)).toEqual(["statement-on-same-line"]);
  });
});

describe("a file", () => {
  it("may be empty, begin with a byte-order mark, and have any line ends", () => {
    expect(parsed("").items).toEqual([]);
    expect(parsed("\uFEFF// only a comment").items).toEqual([]);
    const text = "\uFEFFconst a = 1\r\n\tconst b = 2\rconst c = 3\u2028const\u00A0d = 4";
    expect(parsed(text).items.map((entry) => sourceOf(entry.span).slice(0, 7))).toEqual([
      "const a",
      "const b",
      "const c",
      "const\u00A0d",
    ]);
  });

  it("reports one error an item and keeps the others", () => {
    const text = [
      "fn a(x) = x",
      "fn b(x) = x +",
      "model C { input input input\n h = * }",
      "fn d(x) { return x",
      "fn e() = 2",
      "layer f(x) = (x",
      "fn g(x) = x",
    ].join("\n");
    const { file, diagnostics } = parse({ path: "a.nn", text });
    expect(file.items.map((entry) => ("name" in entry ? entry.name.text : ""))).toEqual(["a", "e", "g"]);
    expect(file.broken?.map((name) => name.text)).toEqual(["b", "C", "d", "f"]);
    expect(diagnostics).toHaveLength(4);
    expect(diagnostics.map(({ span }) => span.start)).toEqual(
      [...diagnostics.map(({ span }) => span.start)].sort((a, b) => a - b),
    );
  });
});
