import { describe, expect, it } from "vitest";
import { formulaText } from "../../src/explain/formula-text.ts";
import { derivatives, locals, overview } from "./support.ts";

describe("sigmoid with binary cross-entropy", () => {
  const byHand = "-(y * log(a) + (1 - y) * log(1 - a))";

  it.each([byHand, "-y * log(a) - (1 - y) * log(1 - a)", "bce(a, y)", "-(y * log(a) + log(1 - a) * (1 - y))"])(
    "has the textbook's derivatives for %s",
    (loss) => {
      const source = `fn f(w, x, b, y) {\n z = w * x + b\n a = sigmoid(z)\n L = ${loss}\n return L\n}`;
      expect(derivatives(source)).toMatchObject({
        "dL/da": "-(y/a - (1 - y)/(1 - a))",
        "dL/dz": "a - y",
        "dL/dw": "(a - y) * x",
        "dL/db": "a - y",
      });
      expect(locals(source)).toMatchObject({ "da/dz": "a * (1 - a)", "dz/dw": "x", "dz/db": "1" });
    },
  );

  it("speaks in the user's names", () => {
    const source = `fn f(u, t) {\n q = sigmoid(u)\n return -(t * log(q) + (1 - t) * log(1 - q))\n}`;
    expect(derivatives(source)).toMatchObject({ "df/dq": "-(t/q - (1 - t)/(1 - q))", "df/du": "q - t" });
  });

  it("holds for batches", () => {
    const source = `fn f(z: [n], y: [n]) {\n a = sigmoid(z)\n return bce(a, y)\n}`;
    expect(derivatives(source)).toMatchObject({
      "df/da": "-(y/a - (1 - y)/(1 - a))/n",
      "df/dz": "(a - y)/n",
    });
  });
});

describe("derivatives", () => {
  it("are softmax(z) - y for the multiclass cross-entropy", () => {
    const index = "fn f(z: [b, c], y: index(c)[b]) = cross_entropy(z, y)";
    expect(derivatives(index)["df/dz"]).toBe("(softmax(z) - one_hot(y, c))/b");
    const probabilities = "fn f(z: [n], t: [n]) = -sum(t * log(softmax(z)))";
    expect(derivatives(probabilities)["df/dz"]).toBe("sum(t) * softmax(z) - t");
  });

  it("are taken by a name, not by what it equals", () => {
    const source = "fn f(x) {\n u = 2 * x\n v = 2 * x\n y = u * v\n return y\n}";
    expect(derivatives(source)).toEqual({ "dy/du": "v", "dy/dv": "u", "dy/dx": "8 * x" });
    const log = "fn f(z) {\n a = sigmoid(z)\n l = -log(a)\n return l\n}";
    expect(derivatives(log)).toEqual({ "dl/da": "-1/a", "dl/dz": "a - 1" });
  });

  it("go by their names where they are part of others", () => {
    const source = "fn f(W: [m, n], x: [n], t: [m]) {\n z = W @ x\n h = tanh(z)\n return sum((h - t)^2)\n}";
    expect(derivatives(source)).toEqual({
      "df/dh": "2 * (h - t)",
      "df/dt": "2 * (t - h)",
      "df/dz": "2 * (h - t) * (1 - h^2)",
      "df/dW": "outer(df/dz, x)",
      "df/dx": "df/dz @ W",
    });
  });

  it("share long parts", () => {
    const source = "fn f(x: [b, n], W: [n, m], c: [m]) = sum(exp(tanh(x @ W + c)))";
    const { derivatives: found } = overview(source);
    expect(found.map(({ name }) => name)).toContain("t1");
    expect(Object.fromEntries(found.map((d) => [d.name, formulaText(d.formula)]))).toMatchObject({ "df/dc": "sum(t2, -2)", "df/dW": "x.T @ t2", "df/dx": "t2 @ W.T" }); // prettier-ignore
  });

  it("know matrices", () => {
    expect(derivatives("fn f(x: [n], A: [n, n]) = dot(x, A @ x)")).toEqual({
      "df/dx": "A @ x + x @ A",
      "df/dA": "outer(x, x)",
    });
    expect(derivatives("fn f(W: [m, n], x: [n], b: [m]) = W @ x + b")).toMatchObject({
      "df/dx": "W",
      "df/db": "eye(m)",
    });
    expect(derivatives("fn f(x: [n]) = x * 3")).toEqual({ "df/dx": "3 * eye(n)" });
  });

  it("know systems, inverses and determinants", () => {
    expect(derivatives("fn f(A: [n, n], b: [n]) = dot(b, solve(A, b))")).toEqual({
      "df/dA": "-solve(A.T, expand(b, -1)) @ solve(A, expand(b, -1)).T",
      "df/db": "solve(A, b) + solve(A.T, b)",
    });
    expect(derivatives("fn f(A: [n, n], b: [n]) = sum(inv(A) @ b)")["df/db"]).toBe("solve(A.T, ones([n]))");
    expect(derivatives("fn f(A: [n, n]) = det(A)")).toEqual({ "df/dA": "cofactor(A)" });
  });

  it("know indices", () => {
    expect(derivatives("fn f(E: [v, d], i: index(v)[k]) = sum(E[i]^2)")["df/dE"]).toBe("scatter_add(i, 2 * E[i], v)");
  });
});

describe("definitions", () => {
  const definition = (expression: string, parameters = "x, y, z"): string => {
    const { definitions } = overview(`fn f(${parameters}) = ${expression}`);
    return formulaText(definitions[definitions.length - 1].formula);
  };

  it.each([
    "x - (y - z)",
    "(x + y) * z",
    "x / (y * z)",
    "x^2 * y",
    "(x + y)^2",
    "-x^2",
    "(-x)^2",
    "2^x",
    "x^y^z",
    "(x^y)^z",
    "x * y / z",
    "log(x) + exp(-x)",
    "maximum(x, -y)",
    "if x > y then x else -y",
    "if x == y and not y <= z then x else 0",
    "if x != y or z >= 2 then x + 1 else if y < 0 then 1 else 2",
    "(if x < y then x else y) * z",
    "1/x - 1/y",
    "-(x + y)",
    "relu(x) + sigmoid(y)",
    "leaky_relu(x, 0.2)",
    "atan2(x, y)",
    "mod(x, y)",
    "stop_gradient(x) * y",
  ])("%s is written so that it reads back as the same", (expression) => {
    const written = definition(expression);
    expect(definition(written)).toBe(written);
  });

  it.each([
    ["x - (y - z)", "x - y + z"],
    ["-x + y", "y - x"],
    ["((x * (y + z)))", "x * (y + z)"],
    ["x * (1 / y)", "x/y"],
    ["0 < x and true or y > 0", "x > 0 or y > 0"],
  ])("%s is written %s", (expression, wanted) => {
    if (expression.includes("and")) {
      expect(definition(`if ${expression} then 1 else x`)).toContain("if ");
    } else expect(definition(expression)).toBe(wanted);
  });

  it.each([
    "x[1:] - x[:-1]",
    "sum(x[::2])",
    "x[::-1]",
    "A @ x",
    "A.T @ x",
    "x @ A",
    "A[0]",
    "A[:, 1:]",
    "outer(x, x)",
    "dot(x, A @ x)",
    "sum(A, -1)",
    "A + x",
    "mean(A)",
    "concat([x, x], -1)",
    "expand(x, -1) * A",
    "max(A, 0)",
    "reshape(A, [n * n])",
  ])("%s of tensors too", (expression) => {
    const parameters = "x: [n], A: [n, n]";
    const written = definition(expression, parameters);
    expect(definition(written, parameters)).toBe(written);
  });

  it.each([
    "conv1d(z, u)",
    "conv1d(z, u, stride = 2, padding = 4, dilation = 3)",
    "conv2d(x, w)",
    "conv2d(x[0], w, stride = [1, 2], padding = 1)",
    "conv2d(x, permute(w, [-3, -4, -2, -1]), dilation = [2, 1])",
    "max_pool2d(x, 2)",
    "max_pool2d(x, [3, 2], stride = [2, 1], padding = 1)",
    "avg_pool2d(x, 3, stride = 1)",
    "avg_pool2d(x, [2, 3], padding = [1, 0])",
    'einsum("abc,dbc->ad", z, u)',
  ])("writes %s so again", (expression) => {
    const parameters = "x: [n, 3, h, 8], w: [3, 3, 2, 2], z: [n, 3, 5], u: [2, 3, 5]";
    expect(definition(expression, parameters)).toBe(expression);
  });

  it("shows a convolution's gradient as the convolution that it is", () => {
    const source = "fn f(x: [n, 3, 8, 8], w: [4, 3, 3, 3]) {\n y = conv2d(x, w)\n return sum(sin(y))\n}";
    expect(derivatives(source)).toMatchObject({
      "df/dy": "cos(y)",
      "df/dx": "conv2d(cos(y), permute(w[:, :, ::-1, ::-1], [-3, -4, -2, -1]), padding = 2)",
    });
  });

  it("shows calls of the library as calls, and those of the program's own functions inlined", () => {
    const source = "fn f(x, y) = sq(x) + sq(y)\nfn sq(t) { q = t^2\n return q + 1 }";
    const { definitions } = overview(source);
    expect(definitions.map(({ step, formula }) => `${step.name} = ${formulaText(formula)}`)).toEqual([
      "sq.q = x^2",
      "sq.q#2 = y^2",
      "f = sq.q + 1 + sq.q#2 + 1",
    ]);
  });

  it("stays bounded where the graph shares much", () => {
    const steps = Array.from({ length: 60 }, (_, k) => `v${k + 1} = v${k} * v${k} + 1`);
    const shared = `fn g(x) = h(x)\nfn h(v0) = ${"(".repeat(60)}v0${" + 1)^2 * (v0 - 1)".repeat(60)}`;
    expect(derivatives(`fn f(v0) {\n ${steps.join("\n ")}\n return v60\n}`)["dv60/dv59"]).toBe("2 * v59");
    const { definitions } = overview(shared);
    expect(formulaText(definitions[0].formula).length).toBeLessThan(4000);
  });
});
