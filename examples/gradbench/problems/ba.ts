import type { Compile, Problem } from "../protocol.ts";
import { computing, numbers } from "../protocol.ts";

interface Errors {
  reprojection: Float64Array;
  weight: Float64Array;
}

type Arguments = [
  cameras: Float64Array,
  points: Float64Array,
  w: Float64Array,
  camera: Int32Array,
  point: Int32Array,
  features: Float64Array,
];

interface Module {
  objective: (...args: [...Arguments, Errors]) => Errors;
  jacobianValues: (...args: [...Arguments, Errors]) => Errors;
}

/** One camera, point, weight and feature, of which there are n, m, p and p. */
interface Input {
  readonly n: number;
  readonly m: number;
  readonly p: number;
  readonly cam: readonly number[];
  readonly x: readonly number[];
  readonly w: number;
  readonly feat: readonly number[];
}

/** Parameters of a camera, of a point. */
const [C, X] = [11, 3];
/** Entries in the row of a reprojection error: its camera, its point, its weight. */
const width = C + X + 1;

const repeated = (values: readonly number[], times: number): Float64Array =>
  Float64Array.from({ length: values.length * times }, (_, i) => values[i % values.length] ?? 0);

const argumentsOf = ({ n, m, p, cam, x, w, feat }: Input): Arguments => [
  repeated(cam, n),
  repeated(x, m),
  repeated([w], p),
  Int32Array.from({ length: p }, (_, i) => i % n),
  Int32Array.from({ length: p }, (_, i) => i % m),
  repeated(feat, p),
];

/** A matrix by rows: entries rows[i] to rows[i + 1] - 1 of `cols` and `vals` are those of row i. */
interface Sparse {
  readonly rows: Int32Array;
  readonly cols: Int32Array;
  readonly vals: Float64Array;
}

/** The places of the Jacobian's entries: columns are those of all cameras, all points, all weights. */
function fillPlaces({ rows, cols }: Sparse, { n, m, p }: Input, camera: Int32Array, point: Int32Array): void {
  const [firstPoint, firstWeight] = [C * n, C * n + X * m];
  let at = 0;
  for (let row = 0; row < 2 * p; row++) {
    const o = row >> 1;
    const [c, x] = [C * (camera[o] ?? 0), firstPoint + X * (point[o] ?? 0)];
    rows[row] = at;
    for (let k = 0; k < C; k++) cols[at + k] = c + k;
    for (let k = 0; k < X; k++) cols[at + C + k] = x + k;
    cols[at + C + X] = firstWeight + o;
    at += width;
  }
  for (let o = 0; o < p; o++) {
    rows[2 * p + o] = at + o;
    cols[at + o] = firstWeight + o;
  }
  rows[3 * p] = at + p;
}

/** The part of a long array that the evaluation reads: the entries of the first observation, and the last. */
const sample = (values: ArrayLike<number>): number[] => [
  ...numbers(values).slice(0, 2 * width),
  values[values.length - 1] ?? NaN,
];

export async function ba(compile: Compile): Promise<Problem> {
  const { objective, jacobianValues } = (await compile("ba")) as unknown as Module;
  return {
    objective(input: Input) {
      const args = argumentsOf(input);
      const out = { reprojection: new Float64Array(2 * input.p), weight: new Float64Array(input.p) };
      return computing(
        () => objective(...args, out),
        ({ reprojection, weight }) => ({
          reproj_error: { elements: numbers(reprojection.subarray(0, 2)), repeated: input.p },
          w_err: { element: weight[0], repeated: input.p },
        }),
      );
    },
    jacobian(input: Input) {
      const args = argumentsOf(input);
      const { p } = input;
      const inBlocks = 2 * width * p;
      const count = inBlocks + p;
      const J = { rows: new Int32Array(3 * p + 1), cols: new Int32Array(count), vals: new Float64Array(count) };
      const out = { reprojection: J.vals.subarray(0, inBlocks), weight: J.vals.subarray(inBlocks) };
      return computing(
        () => {
          jacobianValues(...args, out);
          fillPlaces(J, input, args[3], args[4]);
          return J;
        },
        ({ rows, cols, vals }) => ({ rows: sample(rows), cols: sample(cols), vals: sample(vals) }),
      );
    },
  };
}
