import type { Compile, Prepared, Problem } from "../protocol.ts";
import { computing, flat, numbers, rows } from "../protocol.ts";

type Bones = [parents: Int32Array, relatives: Float64Array, inverses: Float64Array, mirror: number];
type Skin = [base: Float64Array, weights: Float64Array, vertices: Int32Array, points: Float64Array];

interface Module {
  simple: (theta: Float64Array, ...args: [...Bones, ...Skin, Float64Array]) => Float64Array;
  simpleJacobian: Module["simple"];
  complicated: (theta: Float64Array, us: Float64Array, ...args: [...Bones, ...Skin, Float64Array]) => Float64Array;
  complicatedJacobian: Module["complicated"];
}

type Matrix = readonly (readonly number[])[];

interface Input {
  readonly theta: readonly number[];
  readonly us: Matrix;
  readonly data: {
    readonly correspondences: readonly number[];
    readonly points: Matrix;
    readonly model: {
      readonly parents: readonly number[];
      readonly base_relatives: readonly Matrix[];
      readonly inverse_base_absolutes: readonly Matrix[];
      readonly base_positions: Matrix;
      readonly weights: Matrix;
      readonly triangles: readonly (readonly number[])[];
      readonly is_mirrored: boolean;
    };
  };
}

/** Bones on the longest way from one without a parent (-1); a parent comes before its children. */
function levelsOf(parents: readonly number[]): number {
  const levels: number[] = [];
  for (const parent of parents) levels.push(1 + (levels[parent] ?? 0));
  return Math.max(...levels);
}

/** What both functions and both kinds of data take; without `us` a correspondence is a vertex, else a triangle. */
function prepare(module: Module, { theta, us, data }: Input, jacobian: boolean): Prepared {
  const { model, correspondences, points } = data;
  const angles = Float64Array.from(theta);
  const bones: Bones = [
    Int32Array.from(model.parents, (parent) => parent + 1),
    flat(model.base_relatives.flat()),
    flat(model.inverse_base_absolutes.flat()),
    model.is_mirrored ? -1 : 1,
  ];
  const simple = us.length === 0;
  const chosen = simple ? correspondences : correspondences.flatMap((triangle) => model.triangles[triangle] ?? []);
  const skin: Skin = [flat(model.base_positions), flat(model.weights), Int32Array.from(chosen), flat(points)];
  const columns = theta.length + (simple ? 0 : 2);
  const out = new Float64Array(3 * correspondences.length * (jacobian ? columns : 1));
  const weights = flat(us);
  const compute = (): Float64Array => {
    if (simple) return (jacobian ? module.simpleJacobian : module.simple)(angles, ...bones, ...skin, out);
    const call = jacobian ? module.complicatedJacobian : module.complicated;
    return call(angles, weights, ...bones, ...skin, out);
  };
  return computing(compute, (values) => (jacobian ? rows(values, columns) : numbers(values)));
}

export async function ht(compile: Compile): Promise<Problem> {
  const modules = new Map<number, Module>();
  /** The program for hands whose bones are so many levels deep. */
  const moduleFor = async (levels: number): Promise<Module> => {
    const module =
      modules.get(levels) ?? ((await compile("ht", { set: { levels: String(levels) } })) as unknown as Module);
    modules.set(levels, module);
    return module;
  };
  await moduleFor(5);
  const depth = ({ data }: Input): number => levelsOf(data.model.parents);
  return {
    objective: async (input: Input) => prepare(await moduleFor(depth(input)), input, false),
    jacobian: async (input: Input) => prepare(await moduleFor(depth(input)), input, true),
  };
}
