// The numbers are worked by hand in examples/two-layer/README.md and in exact arithmetic in examples/tables/two_layer.py.
import { expect, test } from "vitest";
import { main } from "../../examples/two-layer/app.ts";
import {
  createTwoLayerBatchTrainer,
  createTwoLayerColumnTrainer,
  outputError,
  twoLayer,
  twoLayerGradient,
} from "../../generated/two-layer.ts";
import { expectClose, lines } from "./support.ts";

const p = 1 / (1 + Math.exp(0.25)); // output for x = (-1, -3)
const q = 1 / (1 + Math.exp(1.25)); // output for x = (1, 3)
const W1 = Float32Array.of(0.5, -0.25, -1, 0.5);
const b1 = Float32Array.of(0.25, 0.5);
const W2 = Float32Array.of(0.5, -0.75);

interface Example {
  x: [number, number];
  y: number;
  a: number;
  loss: number;
  W1: number[];
  b1: number[];
  W2: number[];
  b2: number;
  dx: number[];
}

const examples: Example[] = [
  {
    x: [2, 1],
    y: 1,
    a: 0.5,
    loss: Math.log(2),
    W1: [-0.5, -0.25, 0, 0],
    b1: [-0.25, 0],
    W2: [-0.5, 0],
    b2: -0.5,
    dx: [-0.125, 0.0625],
  },
  {
    // z1 = (0.5, 0): the second unit is at the kink, where relu has slope 1.
    x: [-1, -3],
    y: 0,
    a: p,
    loss: -Math.log(1 - p),
    W1: [-p / 2, (-3 * p) / 2, (3 * p) / 4, (9 * p) / 4],
    b1: [p / 2, (-3 * p) / 4],
    W2: [p / 2, 0],
    b2: p,
    dx: [p, -p / 2],
  },
  {
    // z1 = (0, 1): the first unit is at the kink.
    x: [1, 3],
    y: 1,
    a: q,
    loss: -Math.log(q),
    W1: [(q - 1) / 2, (3 * (q - 1)) / 2, (-3 * (q - 1)) / 4, (-9 * (q - 1)) / 4],
    b1: [(q - 1) / 2, (-3 * (q - 1)) / 4],
    W2: [0, q - 1],
    b2: q - 1,
    dx: [q - 1, (1 - q) / 2],
  },
];

test.each(examples)("columns: every gradient at x = $x", ({ x, y, a, loss, ...g }) => {
  const model = createTwoLayerColumnTrainer();
  const batch = { x: Float32Array.from(x), y: Float32Array.of(y) };
  expectClose(model.forward({ x: batch.x }).a, [a]);
  const result = model.gradient(batch);
  expectClose([result.loss], [loss]);
  expectClose(result.gradient.W1, g.W1);
  expectClose(result.gradient.b1, g.b1);
  expectClose(result.gradient.W2, g.W2);
  expectClose(result.gradient.b2, [g.b2]);
});

test.each(examples)("rows: a batch of one at x = $x", ({ x, y, a, loss, ...g }) => {
  const model = createTwoLayerBatchTrainer({ batch: 3 });
  const batch = { x: Float32Array.from(x), y: Float32Array.of(y) };
  expectClose(model.forward({ x: batch.x }).a, [a]);
  const result = model.gradient(batch);
  expectClose([result.loss], [loss]);
  const [g11, g12, g21, g22] = g.W1;
  expectClose(result.gradient.W1, [g11, g21, g12, g22]);
  expectClose(result.gradient.b1, g.b1);
  expectClose(result.gradient.W2, g.W2);
  expectClose(result.gradient.b2, [g.b2]);
});

test("rows: the gradient of a batch is the mean over its rows", () => {
  const model = createTwoLayerBatchTrainer({ batch: 3 });
  const result = model.gradient({ x: Float32Array.of(2, 1, -1, -3, 1, 3), y: Float32Array.of(1, 0, 1) });
  // Printed by two_layer.py.
  expectClose([result.loss], [0.9236718939280539]);
  expectClose(result.gradient.W1, [-0.3691872267148155, 0.3037808400722233, -0.6908950134777798, 0.9113425202166698]);
  expectClose(result.gradient.b1, [-0.13991272701008153, 0.08486909051512231]);
  expectClose(result.gradient.W2, [-0.09369608348096635, -0.259099953724897]);
  expectClose(result.gradient.b2, [-0.27982545402016307]);
});

test.each([
  [
    "columns",
    (): ReturnType<typeof createTwoLayerColumnTrainer> => createTwoLayerColumnTrainer(),
    [0.75, -0.125, -1, 0.5],
  ],
  [
    "rows",
    (): ReturnType<typeof createTwoLayerBatchTrainer> => createTwoLayerBatchTrainer({ batch: 1 }),
    [0.75, -1, -0.125, 0.5],
  ],
])("%s: a step of 0.5 at x = (2, 1)", (_, create, after) => {
  const model = create();
  const batch = { x: Float32Array.of(2, 1), y: Float32Array.of(1) };
  expectClose([model.step(batch)], [Math.log(2)]);
  expect([...model.params.W1]).toEqual(after);
  expect([...model.params.b1]).toEqual([0.375, 0.5]);
  expect([...model.params.W2]).toEqual([0.75, -0.75]);
  expect([...model.params.b2]).toEqual([-0.25]);
  expectClose([model.evaluate(batch).loss], [Math.log(1 + Math.exp(-1.0625))]);
});

test.each(examples)("as a function, the input's gradient too, at x = $x", ({ x, y, a, loss, ...g }) => {
  const input = Float32Array.from(x);
  expect(twoLayer(W1, b1, W2, -0.5, input, y)).toBeCloseTo(loss, 7);
  const { value, gradient } = twoLayerGradient(W1, b1, W2, -0.5, input, y);
  expect(value).toBeCloseTo(loss, 7);
  expectClose(gradient.W1, g.W1);
  expectClose(gradient.b1, g.b1);
  expectClose(gradient.W2, g.W2);
  expect(gradient.b2).toBeCloseTo(g.b2, 7);
  expectClose(gradient.x, g.dx);
  expect(gradient.y).toBeCloseTo(Math.log(1 - a) - Math.log(a), 7);
});

test("the derivative by the last weighted sum is a - y, also where log(a) and log(1 - a) have lost all digits", () => {
  for (const { x, y, a } of examples) {
    expect(outputError(W1, b1, W2, -0.5, Float32Array.from(x), y)).toBeCloseTo(a - y, 7);
  }
  // z = 1 * 1000 - 0.5: sigmoid is 1 to all digits, and a - y is exactly 1 for the label 0.
  expect(outputError(W1, b1, Float32Array.of(1000, 0), -0.5, Float32Array.of(2, 1), 0)).toBe(1);
});

test("the app prints the calculation", () => {
  const printed = lines(main);
  expect(printed[2]).toBe("  dW1 -0.5, -0.25, 0, 0   db1 -0.25, 0   dW2 -0.5, 0   db2 -0.5");
  expect(printed.at(-1)).toBe("as a function: loss 0.693147, dx -0.125, 0.0625, dy 0");
});
