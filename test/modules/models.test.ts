// Generated models do what their interface says: live parameters, hypers, entry points that agree with each other, seeds.
import { expect, test } from "vitest";
import { bits, compiled, copies, integers, numbers, type Compiled, type Named, type Trainer } from "./support.ts";

const body = (train: string): string => `
  input x: [batch, 4]
  target y: index(3)[batch]
  hyper smoothing = 0
  h = dropout(relu(dense(x, 6)), 0.4)
  k = dropout(tanh(dense(h, 5)), 0.4)
  z = dense(k, 3)
  output p = softmax(z)
  loss cross_entropy(z, y, label_smoothing = smoothing)
  metric accuracy = mean(argmax(z, axis = -1) == y)
  train ${train}
`;
const sgd = await compiled(`model M {${body("sgd(lr = 0.1)")}}`);
const adam = await compiled(`model M {${body("adam(lr = 0.01, clip_norm = 0.5)")}}`);
const batch = { x: numbers(12), y: integers(3, 3) };
const options = { batch: 3, seed: 11 };

test("parameters are live: forward sees what .set writes", () => {
  const t = sgd.create({ batch: 3 });
  const before = t.forward({ x: batch.x })["p"].slice();
  t.params["z.b"].set([10, 0, 0]);
  const p = t.forward({ x: batch.x })["p"];
  expect(p).not.toEqual(before);
  for (let row = 0; row < 3; row++) expect(p[3 * row]).toBeGreaterThan(0.9);
  expect(Object.keys(t.params)).toEqual(["h.W", "h.b", "k.W", "k.b", "z.W", "z.b"]);
});

test("forward from given parameters, against hand calculation", async () => {
  const { create } = await compiled("model M { input x: [batch, 2]\n output y = dense(x, 2) }");
  const t = create({ batch: 2, params: { "y.W": Float32Array.of(1, 2, 3, 4), "y.b": Float32Array.of(0.5, -0.5) } });
  // [1 2] W + b = [1 + 6, 2 + 8] + b
  expect(Array.from(t.forward({ x: Float32Array.of(1, 2, -1, 0) })["y"])).toEqual([7.5, 9.5, -0.5, -2.5]);
});

test("the options' parameters are copied", () => {
  const given = numbers(3, 9);
  const t = sgd.trainer({ ...options, params: { "z.b": given } });
  const first = given.slice();
  given.fill(100);
  expect(t.params["z.b"]).toEqual(first);
  t.step(batch);
  t.reset();
  expect(t.params["z.b"]).toEqual(first);
});

test("sgd: a step takes lr times the gradient that `gradient` gives, masks and all", () => {
  const t = sgd.trainer(options);
  for (let n = 0; n < 3; n++) {
    const { loss, gradient } = t.gradient(batch);
    expect(t.gradient(batch)).toEqual({ loss, gradient });
    const before = copies(t.params);
    expect(t.step(batch)).toBe(loss);
    for (const [name, p] of Object.entries(before)) {
      for (const [i, value] of p.entries()) {
        const wanted = value - 0.1 * gradient[name][i];
        expect(Math.abs(t.params[name][i] - wanted)).toBeLessThanOrEqual(
          2 ** -23 * (Math.abs(wanted) + Math.abs(value)),
        );
      }
    }
  }
});

test.each([["sgd", sgd], ["adam with clip_norm", adam]] as const)("%s: apply(gradient) is step", (_, { trainer }) => {
  const [a, b] = [trainer(options), trainer(options)];
  for (let n = 0; n < 4; n++) {
    a.apply(a.gradient(batch).gradient);
    b.step(batch);
    for (const [name, p] of Object.entries(b.params)) {
      for (const [i, value] of p.entries()) {
        // A step may keep the gradient in double where `gradient` stores f32.
        expect(Math.abs(a.params[name][i] - value), name).toBeLessThan(2e-6 * (1 + Math.abs(value)));
      }
    }
  }
}); // prettier-ignore

test("in f64, apply(gradient) is step to the last bits", async () => {
  const { trainer } = await compiled(`model M {${body("adam(lr = 0.01)")}}`, "M", "f64");
  const [a, b] = [trainer(options), trainer(options)];
  const wide = { x: Float64Array.from(batch.x), y: batch.y };
  for (let n = 0; n < 4; n++) {
    a.apply(a.gradient(wide).gradient);
    b.step(wide);
    for (const [name, p] of Object.entries(b.params)) {
      for (const [i, value] of p.entries()) expect(a.params[name][i]).toBeCloseTo(value, 13);
    }
  }
});

test("gradient, evaluate and forward advance nothing", () => {
  const t = adam.trainer(options);
  t.step(batch);
  const before = bits(t);
  t.gradient(batch);
  t.evaluate(batch);
  t.forward({ x: batch.x });
  expect(bits(t)).toBe(before);
});

test("the gradient is the slope of the loss that goes with it", async () => {
  const { trainer } = await compiled(`model M {${body("sgd(lr = 0.1)").replace("relu", "tanh")}}`, "M", "f64");
  const t = trainer(options);
  const wide = { x: Float64Array.from(batch.x), y: batch.y };
  const { gradient } = t.gradient(wide);
  const h = 1e-5;
  for (const [name, p] of Object.entries(t.params)) {
    for (const [i, value] of p.entries()) {
      p[i] = value + h;
      const up = t.gradient(wide).loss;
      p[i] = value - h;
      const down = t.gradient(wide).loss;
      p[i] = value;
      expect(gradient[name][i]).toBeCloseTo((up - down) / (2 * h), 8);
    }
  }
});

test("out: results are written where they are wanted", () => {
  const t = sgd.trainer(options);
  const out = { p: new Float32Array(9) };
  expect(t.forward({ x: batch.x }, { out })).toBe(out);
  expect(out).toEqual(t.forward({ x: batch.x }));
  const gradient = copies(t.params);
  const found = t.gradient(batch, { out: { gradient } });
  expect(found.gradient).toBe(gradient);
  expect(found).toEqual(t.gradient(batch));
  // What came back may be given again.
  expect(t.gradient(batch, { out: found })).toBe(found);
});

test("the same seed gives the same run; another seed another", () => {
  const run = (t: Trainer): number[] => Array.from({ length: 5 }, () => t.step(batch));
  const a = sgd.trainer(options);
  const losses = run(a);
  expect(new Set(losses).size).toBe(5);
  expect(run(sgd.trainer(options))).toEqual(losses);
  expect(run(sgd.trainer({ batch: 3, seed: 12 }))).not.toEqual(losses);
  expect(run(sgd.trainer({ batch: 3, seed: 2 ** 40 + 11 }))).not.toEqual(losses);
  a.reset();
  expect(run(a)).toEqual(losses);
  a.reset(12);
  expect(run(a)).toEqual(run(sgd.trainer({ batch: 3, seed: 12 })));
  expect(run(sgd.trainer({ batch: 3 }))).toEqual(run(sgd.trainer({ batch: 3, seed: 0 })));
});

test("reset forgets parameters and optimizer, not hypers", () => {
  const t = adam.trainer(options);
  const first = bits(t);
  t.hyper["lr"] = 0.5;
  t.step(batch);
  t.reset();
  expect(bits(t)).toBe(first);
  expect(t.hyper).toEqual({ smoothing: 0, lr: 0.5, clip_norm: 0.5 });
});

test("hypers are read at each call", () => {
  const t = sgd.trainer(options);
  const { loss } = t.evaluate(batch);
  t.hyper["smoothing"] = 0.5;
  expect(t.evaluate(batch)["loss"]).not.toBe(loss);
  t.hyper["lr"] = 0;
  const before = copies(t.params);
  t.step(batch);
  expect(t.params).toEqual(before);
});

test("masks: two dropouts draw different ones, each step new ones, forward none", async () => {
  const { trainer } = await compiled(`model M {
    input x: [batch, 64]
    target y: [batch, 64]
    param a: [64] = ones
    param b: [64] = ones
    output r = dropout(x * a, 0.5) + dropout(x * b, 0.5)
    loss sum(r * y)
    train sgd(lr = 0)
  }`);
  const t = trainer({ batch: 1 });
  const ones = new Float32Array(64).fill(1);
  const all = { x: ones, y: ones };
  expect(t.forward({ x: ones })["r"]).toEqual(new Float32Array(64).fill(2));
  expect(t.evaluate(all)["loss"]).toBe(128);
  const first = copies(t.gradient(all).gradient);
  for (const mask of Object.values(first)) {
    // What is kept is divided by 1 - 0.5.
    for (const value of mask) expect([0, 2]).toContain(value);
    expect(mask).toContain(0);
    expect(mask).toContain(2);
  }
  expect(first["a"]).not.toEqual(first["b"]);
  expect(t.gradient(all).gradient).toEqual(first);
  expect(t.step(all)).toBe([...first["a"], ...first["b"]].reduce((p, q) => p + q, 0));
  const second = t.gradient(all).gradient;
  expect(second["a"]).not.toEqual(first["a"]);
  expect(second["b"]).not.toEqual(first["b"]);
});

test("smaller batches are as rows of larger ones; forward takes an empty one", () => {
  const t = sgd.trainer(options);
  const whole = t.forward({ x: batch.x })["p"];
  const two = t.forward({ x: batch.x.subarray(0, 8) })["p"];
  expect(two).toEqual(whole.slice(0, 6));
  expect(t.forward({ x: new Float32Array(0) })["p"]).toEqual(new Float32Array(0));
  expect(sgd.trainer({ ...options, batch: 50 }).step(batch)).toBe(t.step(batch));
  for (const type of [Int8Array, Uint8Array, Int16Array, Uint16Array, Uint32Array]) {
    expect(t.evaluate({ x: batch.x, y: type.from(batch.y) })).toEqual({ ...t.evaluate(batch) });
  }
});

test("adam with a clipped gradient, against hand calculation", async () => {
  const { trainer } = await compiled(
    `model M {
      input x
      target y
      param w: [2] = constant(1)
      param b = zeros
      loss (w[0] * x + w[1] * 2 * x + b - y)^2
      train adam(lr = 0.1 * 0.5^(step - 1), clip_norm = 1)
    }`,
    "M",
    "f64",
  );
  const t = trainer();
  expect(t.params).toEqual({ w: Float64Array.of(1, 1), b: Float64Array.of(0) });
  const p = [1, 1, 0];
  const m = [0, 0, 0];
  const v = [0, 0, 0];
  for (let step = 1; step <= 5; step++) {
    const r = p[0] * 1.5 + p[1] * 3 + p[2] - 1;
    const g = [2 * r * 1.5, 2 * r * 3, 2 * r];
    const scale = Math.min(1, 1 / (Math.hypot(...g) + 1e-6));
    expect(t.step({ x: 1.5, y: 1 })).toBeCloseTo(r * r, 12);
    for (const k of [0, 1, 2]) {
      const clipped = g[k] * scale;
      m[k] = 0.9 * m[k] + 0.1 * clipped;
      v[k] = 0.999 * v[k] + 0.001 * clipped ** 2;
      const rate = 0.1 * 0.5 ** (step - 1);
      p[k] -= (rate * (m[k] / (1 - 0.9 ** step))) / (Math.sqrt(v[k] / (1 - 0.999 ** step)) + 1e-8);
    }
    for (const k of [0, 1]) expect(t.params["w"][k]).toBeCloseTo(p[k], 12);
    expect(t.params["b"][0]).toBeCloseTo(p[2], 12);
  }
  expect(t.hyper).toEqual({ clip_norm: 1 });
});

const frozen = await compiled(`model M {
  input x: [batch, 2]
  target y: [batch, 2]
  frozen param mean: [2]
  frozen param scale: [2] = ones
  param w: [2] = ones
  output p = (x - mean) * scale * w
  loss mse(p, y)
  train sgd(lr = 0.1)
}`);

test("a frozen parameter without a value is asked for before the first use", () => {
  const x = Float32Array.of(1, 2);
  const mean = Float32Array.of(1, 1);
  for (const call of [
    (t: Trainer): unknown => t.forward({ x }),
    (t: Trainer): unknown => t.evaluate({ x, y: x }),
    (t: Trainer): unknown => t.gradient({ x, y: x }),
    (t: Trainer): unknown => t.step({ x, y: x }),
  ]) {
    expect(() => call(frozen.trainer({ batch: 1 }))).toThrow(/frozen parameter mean has no value yet/);
  }
  const expected = { p: Float32Array.of(0, 1) };
  expect(frozen.create({ batch: 1, params: { mean } }).forward({ x })).toEqual(expected);
  const set = frozen.trainer({ batch: 1 });
  set.params["mean"].set(mean);
  expect(set.forward({ x })).toEqual(expected);
  const loaded = frozen.trainer({ batch: 1 });
  loaded.load(set.save());
  expect(loaded.forward({ x })).toEqual(expected);
});

test("frozen parameters have no gradient and are not trained", () => {
  const mean = Float32Array.of(0.5, 0.25);
  const t = frozen.trainer({ batch: 1, params: { mean } });
  const data = { x: Float32Array.of(1, 2), y: Float32Array.of(3, 4) };
  const { gradient } = t.gradient(data);
  expect(Object.keys(gradient)).toEqual(["w"]);
  // d/dw mean((x - m) w - y)^2 = (x - m) ((x - m) w - y)
  expect(Array.from(gradient["w"])).toEqual([0.5 * (0.5 - 3), 1.75 * (1.75 - 4)]);
  // What has the form of all parameters will do.
  const out = { gradient: copies(t.params) };
  t.gradient(data, { out });
  expect(out.gradient["w"]).toEqual(gradient["w"]);
  expect(out.gradient["mean"]).toEqual(mean);
  t.apply(out.gradient);
  t.step(data);
  expect(t.params["mean"]).toEqual(mean);
  expect(t.params["scale"]).toEqual(Float32Array.of(1, 1));
});

const names: readonly (readonly [string, string, string])[] = [
  ["XOR", "XOR", "xorInfo"],
  ["MLPNet", "MLPNet", "mlpNetInfo"],
  ["Digits", "Digits", "digitsInfo"],
  ["net", "Net", "netInfo"],
  ["éclair", "Éclair", "éclairInfo"],
  ["X1", "X1", "x1Info"],
];

test.each(names)("model %s exports create%s and %s", async (model, N, info) => {
  const source = `model ${model} { input x: [n]\n target y\n param w = ones\n output p = sum(x) * w\n loss (p - y)^2 }`;
  const { module } = await compiled(source, N);
  expect(Object.keys(module).sort()).toEqual([`create${N}`, `create${N}Trainer`, info].sort());
  expect(module[info]).toMatchObject({
    name: model,
    dims: ["n"],
    inputs: { x: { type: "real", shape: ["n"] } },
    targets: { y: { type: "real", shape: [] } },
    outputs: { p: { type: "real", shape: [] } },
    params: { w: { shape: [], frozen: false } },
    parameterCount: 1,
  });
});

test("without a loss there is no trainer, without train no step", async () => {
  const plain = await compiled("model M { input x: [n]\n param w = ones\n output p = sum(x) * w }");
  expect(plain.trainer).toBeUndefined();
  const evaluated = await compiled("model M { input x: [n]\n param w = ones\n output p = sum(x) * w\n loss p^2 }");
  const t = evaluated.trainer({ n: 2, seed: 3 });
  expect(Object.keys(t).sort()).toEqual(
    ["engine", "evaluate", "forward", "gradient", "hyper", "load", "params", "reset", "save"].sort(),
  );
  // L = (w s)^2: 2 w s^2
  expect(t.gradient({ x: Float32Array.of(1, 2) })).toEqual({ loss: 9, gradient: { w: Float32Array.of(18) } });
  t.params["w"][0] = 5;
  t.reset();
  expect(t.params["w"][0]).toBe(1);
});

test("several outputs, scalars, tensors and truth values; a named loss", async () => {
  const { trainer } = await compiled(`model M {
    input x: [rows, cols]
    input keep: bool[rows]
    input on: bool
    input k: index(cols)
    param w = ones
    output s = sum(x) * w
    output column = x[:, k]
    output positive = x > 0
    output any_kept = any(keep)
    output chosen = if on then w else 0
    loss energy = sum(if expand(keep, 1) then x * x else 0) * w
    train sgd(lr = 0.5)
  }`);
  const t = trainer({ rows: 4, cols: 4 });
  const given = { x: Float32Array.of(1, -2, 3, 4, -5, 6), keep: Uint8Array.of(1, 0), on: true, k: 2 };
  expect(t.forward(given)).toEqual({
    s: 7,
    column: Float32Array.of(3, 6),
    positive: Uint8Array.of(1, 0, 1, 1, 0, 1),
    any_kept: true,
    chosen: 1,
  });
  expect({ ...t.evaluate(given) }).toEqual({ energy: 14 });
  expect(t.gradient(given)).toEqual({ energy: 14, gradient: { w: Float32Array.of(14) } });
  expect(t.step(given)).toBe(14);
  expect(t.params["w"][0]).toBe(1 - 7);
  expect(() => t.forward({ ...given, k: 3 })).toThrow(RangeError);
  expect(() => t.forward({ ...given, k: 0.5 })).toThrow(RangeError);
  expect(() => t.forward({ ...given, on: 1 })).toThrow(TypeError);
});

test("dims that lengths do not settle are given", async () => {
  const { create, module } = await compiled(
    "model M { input x: [a, b]\n param w = ones\n output p = sum(x, axis = 0) * w }",
  );
  expect((module["mInfo"] as Named)["dims"]).toEqual(["a", "b"]);
  const t = create({ a: 4, b: 6 });
  const x = Float32Array.of(1, 2, 3, 4, 5, 6);
  expect(t.forward({ x }, { dims: { a: 2, b: 3 } })["p"]).toEqual(Float32Array.of(5, 7, 9));
  expect(t.forward({ x }, { dims: { a: 3, b: 2 } })["p"]).toEqual(Float32Array.of(9, 12));
  expect(() => t.forward({ x }, { dims: { a: 2, b: 2 } })).toThrow(RangeError);
  expect(() => t.forward({ x }, { dims: { a: 6, b: 1 } })).toThrow(/createM\(\{ a: 6, b: 6 \}\)/);
  expect(() => t.forward({ x }, { dims: { a: 2, c: 3 } })).toThrow(TypeError);
  expect(() => t.forward({ x }, { dims: { a: 1.5, b: 4 } })).toThrow(RangeError);
});

test("a target that an output needs is asked of forward", async () => {
  const { create } = await compiled(
    "model M { input x: [n]\n target y: [n]\n target t\n output p = x * y\n loss sum(p) + t }",
  );
  expect(create({ n: 2 }).forward({ x: Float32Array.of(1, 2), y: Float32Array.of(3, 4) })["p"]).toEqual(
    Float32Array.of(3, 8),
  );
});

const symbols = ["arena", "reals", "integers", "flags", "s", "create", "hyper", "step", "options", "out", "dims", "sizes", "arguments", "given"]; // prettier-ignore

test.each(symbols)("a dimension may be called %s", async (name) => {
  const { trainer }: Compiled = await compiled(`model M {
    input x: [${name}, 2]
    target y: index(4)[${name}]
    param w = ones
    loss sum(x) * w + sum(y)
    train sgd(lr = 0.5)
  }`);
  const t = trainer({ [name]: 3 });
  expect(t.step({ x: Float32Array.of(1, 2, 3, 4), y: Int32Array.of(3, 1) })).toBe(14);
  expect(t.params["w"][0]).toBe(-4);
});

test.each(["params", "engine", "wasm", "seed", "threads"])(
  "a dimension called %s clashes with an option",
  async (name) => {
    await expect(compiled(`model M { input x: [${name}]\n output p = sum(x) }`)).rejects.toThrow(
      /generated-name-clash/,
    );
  },
);
