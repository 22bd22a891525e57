/** The messages of the GradBench protocol that an evaluation sends, and what a tool answers. */

export type Message =
  | { readonly id: number; readonly kind: "start" | "analysis" }
  | { readonly id: number; readonly kind: "define"; readonly module: string }
  | {
      readonly id: number;
      readonly kind: "evaluate";
      readonly module: string;
      readonly function: string;
      readonly input: unknown;
    };

export interface Timing {
  readonly name: string;
  readonly nanoseconds: number;
}

export interface Answer {
  readonly id: number;
  readonly tool?: string;
  readonly success?: boolean;
  readonly output?: unknown;
  readonly timings?: readonly Timing[];
  readonly error?: string;
}

/** How often an evaluation wants a function run: at least `min_runs` times and `min_seconds` in all. */
export interface Runs {
  readonly min_runs?: number;
  readonly min_seconds?: number;
}

/** A function with its input in the arrays that a generated module takes. */
export interface Prepared {
  /** What is timed. */
  run: () => unknown;
  /** The result of the last run, as the evaluation reads it. */
  output: () => unknown;
}

/** Times `compute` and reads the answer off its last result. */
export function computing<T>(compute: () => T, read: (result: T) => unknown): Prepared {
  let result: T | undefined;
  return {
    run: () => (result = compute()),
    output: () => (result === undefined ? null : read(result)),
  };
}

/** The numbers of an array, as JSON has them. */
export const numbers = (values: ArrayLike<number>): number[] => Array.from(values);

export const itself = (value: number): number => value;

/** The rows of a row-major matrix. */
export function rows(values: Float64Array, columns: number): number[][] {
  return Array.from({ length: values.length / columns }, (_, i) => [
    ...values.subarray(i * columns, (i + 1) * columns),
  ]);
}

/** The entries of a matrix that is given by its rows, in row-major order. */
export const flat = (matrix: readonly (readonly number[])[]): Float64Array => Float64Array.from(matrix.flat());

export interface CompileOptions {
  /** Text after the program. */
  readonly append?: string;
  /** Values of its consts. */
  readonly set?: Readonly<Record<string, string>>;
}

/** Compiles a program of the folder `problems` in double precision and loads it: what the module exports, by name. */
export type Compile = (program: string, options?: CompileOptions) => Promise<Record<string, unknown>>;

/** A problem of the suite: its functions by name, each of which takes the input of a message. */
export type Problem = Readonly<Record<string, (input: never) => Prepared | Promise<Prepared>>>;
