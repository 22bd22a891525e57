// `state` and `next` in layers and models, against hand calculation.
import { describe, expect, test } from "vitest";
import { compiled } from "./support.ts";

const running = `
layer running(x: [batch, n], rate = 0.5) {
  state mean: [n] = ones
  next mean = (1 - rate) * mean + rate * mean(x, 0)
  return x - mean
}
`;

const counting = `${running}
model M {
  input x: [batch, 2]
  state steps = zeros
  next steps = steps + 1
  param w = constant(2)
  h = running(x)
  output y = h * w + steps
  output center = h.mean
  loss mean(y)
  train sgd(lr = 0)
}`;

const x = Float64Array.of(3, 5, 7, 9);

describe("a state", () => {
  test("changes when a step ends, and nowhere else", async () => {
    const { trainer } = await compiled(counting, "M", "f64");
    const m = trainer({ batch: 2 });
    const outputs = (): unknown => m.forward({ x });
    const start = { y: Float64Array.of(4, 8, 12, 16), center: Float64Array.of(1, 1) };
    expect(outputs()).toEqual(start);
    // The loss of the step reads what the state was: the mean of y.
    expect(m.evaluate({ x }).loss).toBe(10);
    m.gradient({ x });
    expect(outputs()).toEqual(start);
    expect(m.step({ x })).toBe(10);
    // Means of the columns are 5 and 7: 0.5 + 0.5 * 5 and 0.5 + 0.5 * 7; one step was made.
    expect(outputs()).toEqual({ y: Float64Array.of(1, 3, 9, 11), center: Float64Array.of(3, 4) });
    m.reset();
    expect(outputs()).toEqual(start);
  });

  test("is saved, and a loaded model continues with it", async () => {
    const { trainer } = await compiled(counting, "M", "f64");
    const [a, b] = [trainer({ batch: 2 }), trainer({ batch: 2 })];
    a.step({ x });
    b.load(a.save());
    expect(b.forward({ x })).toEqual(a.forward({ x }));
    a.step({ x });
    b.step({ x });
    expect(b.save()).toEqual(a.save());
  });

  test("of a shared layer moves on with each of its calls in a step, and with none elsewhere", async () => {
    const source = `${running}
model M {
  input x: [batch, 2]
  use center = running(rate = 0.5)
  a = center(x)
  b = center(10 * x)
  output y = b - 10 * a
  output now = center.mean
  param w = constant(1)
  loss mean(y) * w
  train sgd(lr = 0)
}`;
    const { trainer } = await compiled(source, "M", "f64");
    const m = trainer({ batch: 2 });
    // b - 10 a = -mean + 10 mean = 9 where the state is 1.
    expect(m.forward({ x })).toEqual({ y: Float64Array.of(9, 9, 9, 9), now: Float64Array.of(1, 1) });
    // In training the second call finds 3 and 4: the loss is the mean of 10 - 3 and 10 - 4.
    expect(m.step({ x })).toBe(6.5);
    // 0.5 * 3 + 0.5 * 50 and 0.5 * 4 + 0.5 * 70.
    const now = m.forward({ x }).now;
    expect(now).toEqual(Float64Array.of(26.5, 37));
  });
});

test("what is drawn outside of a loop is the same in all of its rounds", async () => {
  const source = `
model M {
  input x: [4]
  d = dropout(x, 0.5)
  total = for t in 0 : 3 carry s = zeros([4]) { next s = s + d }
  param w: [4] = ones
  output y = total
  loss sum(total * w)
  train sgd(lr = 1)
}`;
  const { trainer } = await compiled(source, "M", "f64");
  const m = trainer({ seed: 3 });
  // The gradient by w is three times the masked x: 0 or 3 * 2 * x.
  const { gradient } = m.gradient({ x: Float64Array.of(1, 1, 1, 1) });
  expect(new Set(gradient.w)).toEqual(new Set([0, 6]));
});

test.each([
  { shape: [4, 4], rows: 4, columns: 4 },
  { shape: [3, 8], rows: 3, columns: 8 },
  { shape: [8, 3], rows: 8, columns: 3 },
  { shape: [2, 3, 2], rows: 2, columns: 6 },
  { shape: [1, 1], rows: 1, columns: 1 },
])("orthogonal of $shape has orthonormal rows or columns", async ({ shape, rows, columns }) => {
  const text = `model M { param W: [${shape.join(", ")}] = orthogonal\n input x: [1]\n output y = x * sum(W) }`;
  const { create } = await compiled(text, "M", "f64");
  const { W } = create({}).params;
  const [few, many] = [Math.min(rows, columns), Math.max(rows, columns)];
  const entry = (i: number, k: number): number => (rows <= columns ? W[i * columns + k] : W[k * columns + i]);
  for (let i = 0; i < few; i++) {
    for (let j = 0; j < few; j++) {
      let dot = 0;
      for (let k = 0; k < many; k++) dot += entry(i, k) * entry(j, k);
      expect(Math.abs(dot - (i === j ? 1 : 0))).toBeLessThan(1e-15 * 8);
    }
  }
});
