import type { Compile, Problem } from "../protocol.ts";
import { computing, flat, itself, rows } from "../protocol.ts";

interface Dims {
  n: number;
  k: number;
  d: number;
}

interface Module {
  cost: (points: Float64Array, centroids: Float64Array, dims: Dims) => number;
  direction: (points: Float64Array, centroids: Float64Array, dims: Dims, out: Float64Array) => Float64Array;
}

interface Input {
  readonly points: readonly (readonly number[])[];
  readonly centroids: readonly (readonly number[])[];
}

function argumentsOf({ points, centroids }: Input): [points: Float64Array, centroids: Float64Array, dims: Dims] {
  const dims = { n: points.length, k: centroids.length, d: points[0]?.length ?? 0 };
  return [flat(points), flat(centroids), dims];
}

export async function kmeans(compile: Compile): Promise<Problem> {
  const { cost, direction } = (await compile("kmeans")) as unknown as Module;
  return {
    cost(input: Input) {
      const args = argumentsOf(input);
      return computing(() => cost(...args), itself);
    },
    dir(input: Input) {
      const [points, centroids, dims] = argumentsOf(input);
      const out = new Float64Array(centroids.length);
      return computing(
        () => direction(points, centroids, dims, out),
        (result) => rows(result, dims.d),
      );
    },
  };
}
