/** Programs that are right, and what they become. */
import { describe, expect, test } from "vitest";
import { constantOf, printShape } from "../../src/ir/dim.ts";
import { topological } from "../../src/ir/expressions.ts";
import { printType } from "../../src/ir/builder.ts";
import { scalar, tensor } from "../../src/ir/interpreter.ts";
import type { CheckedModel } from "../../src/2-check/checked.ts";
import { checkText, evaluateText, lineOf, plain, type Setup } from "./support.ts";

/** The only model of a text without errors; `warnings` are those expected. */
function modelOf(text: string, setup: Setup = {}, warnings: readonly string[] = []): CheckedModel {
  const { checked, diagnostics } = checkText(text, setup);
  expect(diagnostics.map(lineOf)).toEqual(warnings);
  const model = checked?.models.at(0);
  if (model === undefined) throw new Error("no model");
  return model;
}

/** The types of the results of each exported function. */
function typesOf(text: string, setup: Setup = {}): Record<string, string> {
  const { checked, diagnostics } = checkText(text, setup);
  expect(diagnostics.map(lineOf)).toEqual([]);
  return Object.fromEntries(
    (checked?.functions ?? []).map(({ name, results }) => [
      name,
      results.map(({ node }) => printType(node)).join(", "),
    ]),
  );
}

const numbers = (text: string, inputs: Record<string, number> = {}): readonly number[] =>
  evaluateText(text, Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, scalar(value)]))).flatMap(
    ({ data }) => [...data],
  );

describe("expressions", () => {
  test("precedence and associativity reach the graph", () => {
    expect(numbers("fn f(x) = -x^2 + 2^-1 * 3 - 4 / 2 / x", { x: 2 })).toEqual([-4 + 1.5 - 1]);
    expect(numbers("fn f(x) = x^3^2", { x: 2 })).toEqual([512]);
  });

  test("integers stay integers under + - *, bools count, division makes reals", () => {
    const types = typesOf(`
fn a(i: index(5)[n]) = 2 * i + i - 1
fn b(i: index(5)[n]) = i / 2
fn c(x: [n]) = (x > 0) + 1
fn d(x: [n]) = (x > 0) * x
fn e(i: index(5)[n], x: [n]) = i * x
fn g(x: [n]) = (x > 0) == (x > 1)
fn h(i: index(5)) = if i > 2 then i else 0
fn k(i: index(5)) = if i > 2 then i else 0.5
fn l(i: index(5)) = -i
fn m(i: index(5)) = i^2
fn o(i: index(5), j: index(3)) = mod(i, 2) + div(i, 2) + maximum(i, j)
`);
    expect(types).toEqual({
      a: "index[n]",
      b: "real[n]",
      c: "index[n]",
      d: "real[n]",
      e: "real[n]",
      g: "bool[n]",
      h: "index[]",
      k: "real[]",
      l: "index[]",
      m: "real[]",
      o: "index[]",
    });
  });

  test("a condition of dims, consts and literals decides at compile time; the other branch is not looked at", () => {
    const text = `
const deep = false
const rate = 0.25
fn pick(x: [n]) = if n == 3 then x[2] else if n == 2 then x[1] else x[77]
fn f(x: [3], y: [2]) = pick(x) + pick(y) + (if deep then nowhere else 1) + (if rate * 2 < 1 and not deep then 10 else y)
`;
    const [value] = evaluateText(text, { x: tensor([3], [1, 2, 3]), y: tensor([2], [4, 5]) });
    expect(plain(value)).toEqual({ shape: [], data: [3 + 5 + 1 + 10] });
  });

  test("a condition on a symbolic dim is left to the call", () => {
    const text = "fn f(x: [n]) = if n > 2 then sum(x) else 0\n";
    const x = (n: number): Record<string, ReturnType<typeof tensor>> => ({ x: tensor([n], Array(n).fill(1)) });
    expect(evaluateText(text, x(3), { n: 3 })[0].data[0]).toBe(3);
    expect(evaluateText(text, x(2), { n: 2 })[0].data[0]).toBe(0);
  });

  test("dims are values, and arithmetic on them stands in shapes", () => {
    const types = typesOf(`
fn a(x: [n, m]) = reshape(x, [n * m])
fn b(x: [2 * n]) = reshape(x, [n, 2]) * n
fn c(x: [n]) = x[: n / 2]
fn d(x: [n, k]) = zeros([floor((n - k) / 2) + 1, div(n, 2), minimum(n, k), max(n, 3)])
fn e(x: [n]) = sum(x) / n
fn g(x: [10]) = x[: 10 / 2 - 1]
fn h(x: [n]) = zeros([2^3, n^2, ceil(n / 2)])
`);
    expect(types).toEqual({
      a: "real[m*n]",
      b: "real[n, 2]",
      c: "real[floor(n/2)]",
      d: "real[floor((n - k)/2) + 1, floor(n/2), min(k, n), max(3, n)]",
      e: "real[]",
      g: "real[4]",
      h: "real[8, n^2, floor((n + 1)/2)]",
    });
  });

  test("lists stack to tensors, or are shapes, axes and lists of tensors", () => {
    const types = typesOf(`
fn a(x, y) = [[x, y], [1, 2.5]]
fn b(x: [n]) = concat([x, 2 * x, [1, 2]])
fn c(x: [n, m, k]) = sum(x, axis = [0, -1])
fn d(x: [4]) {
  shape = [2, 2]
  return reshape(x, shape) * shape[0]
}
fn e(x: [5]) = x[[0, 2, 2]]
fn g(x) = [1, 2, 3]
`);
    expect(types).toEqual({
      a: "real[2, 2]",
      b: "real[2*n + 2]",
      c: "real[m]",
      d: "real[2, 2]",
      e: "real[3]",
      g: "index[3]",
    });
  });

  test("several results are named by what is returned", () => {
    const { checked } = checkText(
      "fn f(x) {\n  y = x^2\n  return y, x, 3 * x, y\n}\nfn g(x) {\n  a, _, b, _ = f(x)\n  return a + b\n}\nderive f: value\n",
    );
    const [f, g] = checked?.functions ?? [];
    expect(f.results.map(({ name }) => name)).toEqual(["y", "x", "result2", "result3"]);
    expect(g.results.map(({ name }) => name)).toEqual([null]);
  });

  test("defaults are numbers of the call, or fixed where the program must know them", () => {
    const { checked, diagnostics } = checkText(`
fn scaled(x, by = 2, offset = 0.5) = x * by + offset
fn rows(x: [n, m], axis = 0, keep = false) = sum(x, axis, keep)
fn biased(x: [n], k = n) = x * k
`);
    expect(diagnostics.map(lineOf)).toEqual([]);
    expect(checked?.functions.map(({ name, inputs }) => [name, inputs.map((input) => input.name)])).toEqual([
      ["scaled", ["x", "by", "offset"]],
      ["rows", ["x"]],
      ["biased", ["x"]],
    ]);
  });
});

describe("calls", () => {
  test("a function is elaborated with the shapes of its arguments", () => {
    expect(
      typesOf(`
fn last(x: [..., n]) = x.T
fn f(a: [3, 4], b: [2, k, 5]) {
  return last(a), last(b)
}
fn even(x: [2 * n]) = n
fn g(x: [10], y: [4 * m]) = even(x) * even(y)
`),
    ).toEqual({ f: "real[4, 3], real[2, 5, k]", g: "index[]" });
  });

  test("a derive line gives concrete shapes", () => {
    const { checked, diagnostics } = checkText(`
fn f(x: [..., n], W: [n, k]) = sum(tanh(x @ W))
derive f(x: [b, 3], W: [3, 2]): value, gradient(W), hvp
`);
    expect(diagnostics.map(lineOf)).toEqual([]);
    const [f] = checked?.functions ?? [];
    expect(f.inputs.map(({ node }) => printShape(node.shape))).toEqual(["[b, 3]", "[3, 2]"]);
    expect(f.wanted).toEqual([
      { kind: "value", wrt: [] },
      { kind: "gradient", wrt: ["W"] },
      { kind: "hvp", wrt: ["x", "W"] },
    ]);
  });

  test("`none` exports nothing, and leading dims are none without a derive line", () => {
    const { checked } = checkText("fn f(x: [..., n]) = sum(x)\nfn g(x) = x\nderive g: none\n");
    expect(checked?.functions.map(({ name, inputs }) => [name, printShape(inputs[0].node.shape)])).toEqual([
      ["f", "[n]"],
    ]);
  });

  test("users may define names of the prelude anew, which leaves the prelude alone", () => {
    const text = "fn relu(x: [...]) = 10 * x\nfn maximum(a, b) = 7\nfn f(x) = relu(x) + maximum(x, x) + hinge(x, 1)\n";
    expect(numbers(text, { x: -1 })).toEqual([-10 + 7 + 2]);
  });

  test("requirements of symbolic dims are gathered once", () => {
    const { checked } = checkText("fn f(x: [n]) = sum(x[1:] * x[:-1]) + x[0] + sum(x[2:] - x[:-2]) + x[-1]\n");
    const [{ requirements }] = checked?.functions ?? [];
    expect(requirements.map(({ reason }) => reason)).toEqual(["`x[1:]`", "`x[2:]`"]);
  });
});

describe("models", () => {
  const layers = `
layer block(x: [..., n], units) {
  fc = tanh(dense(x, units))
  return dense(fc, n) + x
}

model M {
  input x: [batch, 4]
  target y: index(3)[batch]
  one = dense(x, 6)
  two = dense(relu(dense(one, 5)), 4)
  mixed = layer_norm(dense(two, 4))
  nested = block(mixed, 7)
  use shared = dense(units = 4)
  a = shared(nested)
  b = shared(a)
  h = repeat l < 2 carry h = b {
    t = dense(h, 3)
    next h = tanh(dense(t, 4))
  }
  output p = softmax(dense(h, 3))
  loss cross_entropy(p, y)
}
`;
  test("paths of parameters follow the definitions", () => {
    expect(modelOf(layers).parameters.map(({ path, shape }) => `${path} ${shape.join("x")}`)).toEqual([
      "one.W 4x6",
      "one.b 6",
      "two.dense2.W 6x5",
      "two.dense2.b 5",
      "two.dense1.W 5x4",
      "two.dense1.b 4",
      "mixed.dense.W 4x4",
      "mixed.dense.b 4",
      "mixed.layer_norm.gain 4",
      "mixed.layer_norm.bias 4",
      "nested.fc.W 4x7",
      "nested.fc.b 7",
      "nested.dense.W 7x4",
      "nested.dense.b 4",
      "shared.W 4x4",
      "shared.b 4",
      "h.0.t.W 4x3",
      "h.0.t.b 3",
      "h.0.W 3x4",
      "h.0.b 4",
      "h.1.t.W 4x3",
      "h.1.t.b 3",
      "h.1.W 3x4",
      "h.1.b 4",
      "p.W 4x3",
      "p.b 3",
    ]);
  });

  test("names of parameter nodes, kinds of storage and hypers", () => {
    const model = modelOf(`
const width = 3

model M {
  hyper rate = 1 / 4
  hyper scale = sqrt(2) / 2
  input x: [batch, width]
  input k: index(5)
  target y: [batch]
  param w: [width] = normal(0.1)
  param b = 0
  frozen param mean: [width]
  z = dropout(x - mean, rate) @ w * scale + b + k
  output z
  loss mse(z, y)
  metric error = mae(z, y)
  train sgd(lr = 0.1 * 0.5^(step / 1000), momentum = 0.9, clip_norm = 1)
}
`);
    const held = [...model.inputs, ...model.targets].map(({ node }) => [node.attributes.name, node.attributes.held]);
    expect(held).toEqual([
      ["inputs.x", "array"],
      ["inputs.k", "number"],
      ["targets.y", "array"],
    ]);
    expect(
      model.parameters.map(({ node, frozen, initial }) => [node.attributes.name, frozen, initial !== null]),
    ).toEqual([
      ["params.w", false, true],
      ["params.b", false, true],
      ["params.mean", true, false],
    ]);
    expect(model.hypers.map(({ name, initial, node }) => [name, initial, node.attributes.name])).toEqual([
      ["rate", 0.25, "hyper.rate"],
      ["scale", Math.SQRT2 / 2, "hyper.scale"],
      ["momentum", 0.9, "hyper.momentum"],
      ["clip_norm", 1, "hyper.clip_norm"],
    ]);
    expect(model.train?.clipNorm).toBe(model.hypers[3].node);
    expect(model.train?.updates.map(({ parameter, states }) => [parameter, states.map(({ path }) => path)])).toEqual([
      ["w", ["optimizer.w.v"]],
      ["b", ["optimizer.b.v"]],
    ]);
    const [update] = model.train?.updates ?? [];
    expect(topological([update.next])).toContain(model.step);
    expect(topological([model.loss?.node ?? model.step])).toContain(model.training);
    // Initial values depend on the seed alone.
    for (const { initial } of model.parameters) {
      const reached =
        initial === null ? [] : topological([initial]).filter(({ primitive }) => primitive === "parameter");
      expect(reached.every((node) => node === model.seed)).toBe(true);
    }
  });

  test("plain sgd keeps no state, and a plain number is a hyper", () => {
    const model = modelOf(`
model M {
  input x: [batch, 2]
  target y: [batch, 1]
  output p = dense(x, 1)
  loss mse(p, y)
  train sgd(lr = 0.5)
}
`);
    expect(model.train?.clipNorm).toBeNull();
    expect(model.train?.updates.map(({ states }) => states)).toEqual([[], []]);
    expect(model.hypers.map(({ name, initial }) => [name, initial])).toEqual([["lr", 0.5]]);
  });

  test("optimizers and initializers of the user's own", () => {
    const model = modelOf(`
initializer ramp(shape, fan_in, fan_out, top = 1) = full(shape, top * fan_in / fan_out)

optimizer slow(p, g, lr, beta = 0.9) {
  state m: [3, 4] = 2 * p
  state unused = zeros_like(p)
  next m = beta * m + g
  next unused = unused + 1
  next p = p - lr * m
}

model M {
  input x: [batch, 3]
  param W: [3, 4] = ramp(top = 8)
  output p = x @ W
  loss mean(p)
  train slow(lr = 0.1)
}
`);
    const [{ initial }] = model.parameters;
    const [update] = model.train?.updates ?? [];
    expect(update.states.map(({ path }) => path)).toEqual(["optimizer.W.m"]);
    const reached = topological(initial === null ? [] : [initial]);
    expect(reached.some((n) => n.primitive === "constant")).toBe(true);
    // The state starts at twice what the parameter starts at.
    expect(topological([update.states[0].initial ?? update.next])).toContain(initial);
  });

  test("--set overrides consts, --item chooses", () => {
    const text = `
const width = 2
model A {
  const hidden = 3
  input x: [width]
  param W: [width, hidden] = zeros
  output y = x @ W
}
model B {
  const hidden = 4
  input x: [width]
  param W: [width, hidden] = zeros
  output y = x @ W
}
`;
    const { checked, diagnostics } = checkText(text, { set: { width: "5", "B.hidden": "7" } });
    expect(diagnostics).toEqual([]);
    expect(checked?.models.map(({ parameters }) => parameters[0].shape)).toEqual([
      [5, 3],
      [5, 7],
    ]);
    expect(checkText(text, { item: "B" }).checked?.models.map(({ name }) => name)).toEqual(["B"]);
  });

  test("imports bring functions, layers and consts, under other names too, and are not exported", () => {
    const { checked, diagnostics } = checkText(
      `
import { residual, width as inner, double } from "./lib/blocks.nn"
model M {
  input x: [batch, 3]
  h = residual(x, inner)
  output y = double(h)
}
`,
      {
        files: {
          "lib/blocks.nn": `
import { scale } from "../scale.nn"
const width = 6
layer residual(x: [..., n], units) {
  fc = relu(dense(x, units))
  return x + dense(fc, n) * scale
}
fn double(x: [...]) = 2 * x
`,
          "scale.nn": "const scale = 0.5\n",
        },
      },
    );
    expect(diagnostics.map(lineOf)).toEqual([]);
    expect(checked?.functions).toEqual([]);
    expect(checked?.models[0].parameters.map(({ path }) => path)).toEqual([
      "h.fc.W",
      "h.fc.b",
      "h.dense.W",
      "h.dense.b",
    ]);
  });
});

describe("derivative operators", () => {
  test("names that they refer to are marks; equal definitions stay apart", () => {
    const { checked, diagnostics } = checkText(
      "fn f(x) {\n  u = 2 * x\n  v = 2 * x\n  y = u * v\n  return grad(y, u)\n}\n",
    );
    expect(diagnostics).toEqual([]);
    const [{ results }] = checked?.functions ?? [];
    const [request] = results.map(({ node }) => node);
    expect(request.primitive).toBe("gradient");
    const [y, u] = request.operands;
    expect([u.primitive, y.operands[0] === u, y.operands[1] === u]).toEqual(["mark", true, false]);
  });

  test("requests by operator", () => {
    const types = typesOf(`
fn a(x: [n]) = hessian(sum(x^2), x)
fn b(x: [n], v: [n]) = hvp(sum(x^3), x, v)
fn c(x: [n], W: [m, n]) = jacobian(W @ x, W)
fn d(x: [n], v: [n]) = jvp(exp(x), x, v)
fn e(x: [n]) {
  g = grad(sum(x^2), x)
  return grad(sum(g), x)
}
`);
    expect(types).toEqual({ a: "real[n, n]", b: "real[n]", c: "real[m, m, n]", d: "real[n]", e: "real[n]" });
  });

  test("parameters of layers, also inside of layers", () => {
    const model = modelOf(`
layer penalised(x: [..., n]) {
  fc = dense(x, n)
  return fc + sum(grad(sum(fc), fc.W))
}
model M {
  input x: [batch, 2]
  h = penalised(x)
  y = sum(h^2)
  output g = grad(y, h.fc.W)
  output all = grad(y, x)
}
`);
    expect(model.outputs.map(({ node }) => [node.primitive, printShape(node.shape)])).toEqual([
      ["gradient", "[2, 2]"],
      ["gradient", "[batch, 2]"],
    ]);
    const [{ node }] = model.outputs;
    expect(node.operands[1].primitive).toBe("mark");
    expect(node.operands[1].operands[0]).toBe(model.parameters[0].node);
  });

  test("`explain` marks every definition of the user's", () => {
    const { checked, origins } = checkText("fn L(a, b, c) {\n  d = 2 * b\n  e = a + d\n  return c * e\n}\n", {
      explain: true,
    });
    const [{ results }] = checked?.functions ?? [];
    const names = topological([results[0].node]).flatMap((node) => {
      const name = node.primitive === "mark" ? origins.nameOf(node) : null;
      return name === null ? [] : [name];
    });
    expect(names).toEqual(["d", "e"]);
  });
});

describe("origins", () => {
  test("names of inlined bodies carry the calls that led to them; the user's own names win", () => {
    const text =
      "fn square_sum(v: [n]) {\n  s = v^2\n  return sum(s)\n}\nfn f(x: [n]) {\n  total = square_sum(x)\n  return total + 1\n}\n";
    const { checked, origins } = checkText(text);
    const [{ results, inputs }] = checked?.functions ?? [];
    const names = topological([results[0].node]).map((node) => origins.nameOf(node));
    expect(names.filter((name) => name !== null)).toEqual(["x", "square_sum.s", "total"]);
    expect(origins.spansOf(inputs[0].node).map(({ start, end }) => text.slice(start, end))).toContain("x");
  });
});

test("constant dims in shapes print as numbers", () => {
  const model = modelOf("const n = 2 * 3\nmodel M {\n  input x: [n]\n  output y = x\n}\n");
  expect(constantOf(model.inputs[0].node.shape[0])).toBe(6);
});
