// The training steps that derive and other libraries are timed on: forward, backward and an update by plain gradient descent in f32, from
// the same weights on the same data, so that their losses can be compared.
//
// Weights: entry i of weight matrix number t is u(i + 1000 t) sqrt(3 / fan-in); biases are 0. Inputs: u(i + 500000). Class of row b:
// (7 b + 3) mod classes; label of row b where there are two: b mod 2. Context words: (31 i + 17) mod vocabulary.

/** A hash of the integers into [-1, 1): ((i * 2654435761 mod 2^32) / 2^32) * 2 - 1. */
export const u = (i: number): number => ((Math.imul(i, 2654435761 | 0) >>> 0) / 4294967296) * 2 - 1;

/** The entries of weight matrix number `t`, scaled by `scale`. */
export const hashed = (t: number, scale: number, length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => u(i + 1000 * t) * scale);

const weights = (t: number, fanIn: number, length: number): Float32Array => hashed(t, Math.sqrt(3 / fanIn), length);
const inputs = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => u(i + 500_000));
const classes = (batch: number, count: number): Int32Array =>
  Int32Array.from({ length: batch }, (_, b) => (b * 7 + 3) % count);
const contexts = (batch: number, window: number, vocabulary: number): Int32Array =>
  Int32Array.from({ length: batch * window }, (_, i) => (i * 31 + 17) % vocabulary);

export type Arrays = Record<string, Float32Array | Int32Array>;

export interface Workload {
  /** Its file beside this one is `<name>.nn`, with one model. */
  name: string;
  /** The model's name there. */
  model: string;
  batches: number[];
  params: () => Record<string, Float32Array>;
  data: (batch: number) => Arrays;
}

const layers = (sizes: number[], names: string[]): Record<string, Float32Array> =>
  Object.fromEntries(
    names.flatMap((name, l) => {
      const [n, m] = [sizes[l] ?? 0, sizes[l + 1] ?? 0];
      return [
        [`${name}.W`, weights(l, n, n * m)],
        [`${name}.b`, new Float32Array(m)],
      ];
    }),
  );

export const workloads: Workload[] = [
  {
    name: "xor",
    model: "Xor",
    batches: [1, 4],
    params: () => layers([2, 8, 1], ["h", "p"]),
    data: (batch) => ({ x: inputs(2 * batch), y: Float32Array.from({ length: batch }, (_, b) => b % 2) }),
  },
  {
    name: "mlp",
    model: "Mlp",
    batches: [1, 16, 64, 256],
    params: () => layers([784, 128, 10], ["h", "z"]),
    data: (batch) => ({ x: inputs(784 * batch), y: classes(batch, 10) }),
  },
  {
    name: "deep",
    model: "Deep",
    batches: [64],
    params: () => layers([784, 512, 512, 10], ["h1", "h2", "z"]),
    data: (batch) => ({ x: inputs(784 * batch), y: classes(batch, 10) }),
  },
  {
    name: "lm",
    model: "Lm",
    batches: [16, 64],
    params: () => ({
      E: weights(0, 64, 2000 * 64),
      "h.W": weights(1, 192, 192 * 256),
      "h.b": new Float32Array(256),
      "z.W": weights(2, 256, 256 * 2000),
      "z.b": new Float32Array(2000),
    }),
    data: (batch) => ({ words: contexts(batch, 3, 2000), y: classes(batch, 2000) }),
  },
];

/** Time of one step in ms, the best of twelve rounds of at least 60 ms, and the loss that step 20 reports (step 1 is the first). */
export function measure(step: () => number): { ms: number; loss: number } {
  let loss = NaN;
  for (let i = 0; i < 20; i++) loss = step();
  const time = (count: number): number => {
    const start = performance.now();
    for (let i = 0; i < count; i++) step();
    return performance.now() - start;
  };
  const minimum = 60;
  let count = 1;
  for (let taken = time(count); taken <= minimum; taken = time(count)) {
    count = Math.max(count + 1, Math.ceil(count * Math.min(10, (1.3 * minimum) / Math.max(taken, 0.01))));
  }
  let ms = Infinity;
  for (let round = 0; round < 12; round++) ms = Math.min(ms, time(count) / count);
  return { ms, loss };
}
