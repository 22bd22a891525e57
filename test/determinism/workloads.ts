/**
 * What each example computes, as one hash: the same in every engine. It runs in browsers too, so it imports nothing; the
 * numbers come from a generator of integers, and the hash is SHA-256 of the bytes of all results in their order.
 */

type Named = Record<string, unknown>;
type Real = Float32Array | Float64Array;

/** The parts of trainers that are used. */
interface Trainer {
  readonly params: Readonly<Record<string, Real>>;
  forward(inputs: Named): Named;
  evaluate(batch: Named): Named;
  gradient(batch: Named): Named;
  step(batch: Named): number;
  save(): Uint8Array;
}

/** Marsaglia's xorshift32. */
function integers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Collects the bits of results; what has names is taken by name. */
class Bits {
  readonly #parts: Uint8Array[] = [];

  add(value: unknown): void {
    if (typeof value === "number") this.add(Float64Array.of(value));
    else if (typeof value === "boolean") this.add(Uint8Array.of(Number(value)));
    else if (value instanceof Float32Array || value instanceof Float64Array) {
      // The bits of NaN are the engine's own.
      if (value.some((x) => Number.isNaN(x))) throw new Error("a result is NaN");
      this.#parts.push(new Uint8Array(value.slice().buffer));
    } else if (value instanceof Int32Array || value instanceof Uint8Array) {
      this.#parts.push(new Uint8Array(value.slice().buffer));
    } else if (typeof value === "object" && value !== null) {
      for (const key of Object.keys(value).sort()) this.add((value as Named)[key]);
    } else throw new Error(`a result is ${String(value)}`);
  }

  async hash(): Promise<string> {
    const all = new Uint8Array(this.#parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
    return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

const numbers = (count: number, next: (below: number) => number, scale = 1): Float32Array =>
  Float32Array.from({ length: count }, () => ((next(2001) - 1000) / 1000) * scale);
const indices = (count: number, below: number, next: (below: number) => number): Int32Array =>
  Int32Array.from({ length: count }, () => next(below));

/** A function of a module, by its name. */
function called(module: Named, name: string, ...args: readonly unknown[]): unknown {
  return (module[name] as (...given: readonly unknown[]) => unknown)(...args);
}

/** Forward, metrics, gradient, `steps` steps, and what is saved then. */
function train(bits: Bits, module: Named, create: string, options: Named, batch: Named, targets: readonly string[], steps: number): void {
  const trainer = called(module, create, options) as Trainer;
  const inputs = Object.fromEntries(Object.entries(batch).filter(([name]) => !targets.includes(name)));
  // Frozen statistics of standardised inputs have no value yet.
  for (const [name, array] of Object.entries(trainer.params)) if (/\.(mean|std)$/.test(name)) array.fill(0.5);
  bits.add(trainer.forward(inputs));
  bits.add(trainer.evaluate(batch));
  bits.add(trainer.gradient(batch));
  for (let k = 0; k < steps; k++) bits.add(trainer.step(batch));
  bits.add(trainer.forward(inputs));
  bits.add(trainer.save());
} // prettier-ignore

const doubles = (count: number, next: (below: number) => number): Float64Array =>
  Float64Array.from({ length: count }, () => (next(2001) - 1000) / 1000);

/** The functions of a module, each called with the same arguments. */
function all(bits: Bits, module: Named, names: readonly string[], ...args: readonly unknown[]): void {
  for (const name of names) bits.add(called(module, name, ...args));
}

/** By example; each is given its module and where to put its results. */
const workloads: Readonly<Record<string, (module: Named, bits: Bits) => void>> = {
  graph(module, bits) {
    bits.add(called(module, "L", 0.1, -2.3, 1e-3));
    bits.add(called(module, "LGradient", 0.1, -2.3, 1e-3));
  },
  rosenbrock(module, bits) {
    const next = integers(7);
    const [x, v] = [numbers(50, next, 2), numbers(50, next)];
    bits.add(called(module, "rosenbrock", x));
    bits.add(called(module, "rosenbrockGradient", x));
    bits.add(called(module, "rosenbrockHvp", x, { x: v }));
    bits.add(called(module, "rosenbrockHessian", x));
  },
  "two-layer"(module, bits) {
    const next = integers(3);
    const args = [numbers(4, next), numbers(2, next), numbers(2, next), -0.5, numbers(2, next), 1];
    bits.add(called(module, "twoLayerGradient", ...args));
    bits.add(called(module, "outputError", ...args));
    const batch = { x: numbers(6, next), y: Float32Array.of(1, 0, 1) };
    train(bits, module, "createTwoLayerBatchTrainer", { batch: 3, seed: 1 }, batch, ["y"], 20);
    const one = { x: numbers(2, next), y: Float32Array.of(1) };
    train(bits, module, "createTwoLayerColumnTrainer", { seed: 1 }, one, ["y"], 20);
  },
  logistic(module, bits) {
    const next = integers(5);
    bits.add(called(module, "exampleLossGradient", numbers(9, next), 0.25, numbers(9, next), 1));
    const batch = { x: numbers(20, next, 6), y: Float32Array.from(indices(20, 2, next)) };
    train(bits, module, "createLogisticTrainer", { batch: 20, seed: 2 }, batch, ["y"], 50);
  },
  xor(module, bits) {
    const batch = { x: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), y: Float32Array.of(0, 1, 1, 0) };
    train(bits, module, "createXORTrainer", { batch: 4, seed: 42 }, batch, ["y"], 200);
  },
  digits(module, bits) {
    const next = integers(11);
    const batch = { x: numbers(16 * 784, next), y: indices(16, 10, next) };
    train(bits, module, "createDigitsTrainer", { batch: 16, seed: 3 }, batch, ["y"], 5);
  },
  "neural-lm"(module, bits) {
    const next = integers(13);
    const batch = { words: indices(12, 5000, next), word: indices(4, 5000, next) };
    train(bits, module, "createNeuralLMTrainer", { batch: 4, seed: 4 }, batch, ["word"], 2);
    const [w1, w2, w3, word] = indices(4, 5000, next);
    train(bits, module, "createTextbookLMTrainer", { seed: 4 }, { w1, w2, w3, word }, ["word"], 1);
  },
};

/** The same for the programs of GradBench in double precision, at small sizes. */
const programs: Readonly<Record<string, (module: Named, bits: Bits, next: (below: number) => number) => void>> = {
  hello(module, bits) {
    all(bits, module, ["square", "squareGradient"], 0.3);
  },
  kmeans(module, bits, next) {
    const points = doubles(60, next);
    all(bits, module, ["cost", "direction"], points, points.slice(-9), { n: 20, k: 3, d: 3 });
  },
  llsq(module, bits, next) {
    all(bits, module, ["llsq", "llsqGradient"], doubles(6, next), doubles(20, next));
  },
  lse(module, bits, next) {
    all(bits, module, ["lse", "lseGradient"], doubles(50, next));
  },
  gmm(module, bits, next) {
    const [alpha, mu, q, l, x] = [3, 12, 12, 18, 40].map((count) => doubles(count, next));
    all(bits, module, ["posterior", "posteriorGradient"], alpha, mu, q, l, x, 1.5, 2);
  },
  lstm(module, bits, next) {
    const [main, extra, state, sequence] = [2 * 2 * 4 * 5, 3 * 5, 2 * 2 * 5, 6 * 5].map((count) =>
      doubles(count, next),
    );
    all(bits, module, ["lstm", "lstmGradient"], main, extra, state, sequence);
  },
  ode(module, bits, next) {
    all(bits, module, ["ode", "lastGradient"], doubles(12, next));
  },
  ba(module, bits, next) {
    const [cameras, points, w, features] = [2 * 11, 3 * 3, 5, 10].map((count) => doubles(count, next));
    all(bits, module, ["objective", "jacobianValues"], cameras, points, w, indices(5, 2, next), indices(5, 3, next), features); // prettier-ignore
  },
  ht(module, bits, next) {
    const theta = doubles(26, next);
    const bones = [Int32Array.from({ length: 22 }, (_, k) => k), doubles(352, next), doubles(352, next), -1];
    const skin = [doubles(5 * 4, next), doubles(5 * 22, next)];
    all(bits, module, ["simple", "simpleJacobian"], theta, ...bones, ...skin, indices(3, 5, next), doubles(9, next));
    const triangles = [indices(9, 5, next), doubles(9, next)];
    all(bits, module, ["complicated", "complicatedJacobian"], theta, doubles(6, next), ...bones, ...skin, ...triangles);
  },
  det(module, bits, next) {
    all(bits, module, ["det", "detGradient"], doubles(16, next));
  },
  particle(module, bits) {
    all(bits, module, ["particle"], 0.01);
  },
  saddle(module, bits) {
    all(bits, module, ["saddle"], Float64Array.of(0.01, -0.02));
  },
};

/** What becomes a module, and how. */
export interface Source {
  readonly path: string;
  /** Text after that of the file. */
  readonly append: string;
  readonly precision: "f32" | "f64";
}

const folder = "examples/gradbench/problems";
/** The derivatives of a program that leaves them to its caller. */
const requests: Readonly<Record<string, string>> = { det: "\nderive det(A: [4, 4]): value, gradient\n" };
const problem = (name: string): string => `gradbench/${name}`;

/** By example; the first have a module in `generated`. */
export const sources: Readonly<Record<string, Source>> = Object.fromEntries([
  ...Object.keys(workloads).map((name) => [
    name,
    { path: `examples/${name}/${name}.nn`, append: "", precision: "f32" },
  ]),
  ...Object.keys(programs).map((name) => [
    problem(name),
    { path: `${folder}/${name}.nn`, append: requests[name] ?? "", precision: "f64" },
  ]),
]) as Record<string, Source>;

/** The examples whose modules are checked in. */
export const generated: readonly string[] = Object.keys(workloads);

/** The hash of what an example computes with the given module. */
export async function hashOf(example: string, module: Record<string, unknown>): Promise<string> {
  const bits = new Bits();
  if (Object.hasOwn(workloads, example)) workloads[example](module, bits);
  else programs[example.slice(problem("").length)](module, bits, integers(17));
  return bits.hash();
}
