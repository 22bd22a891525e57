/**
 * The program: how one entry point computes its outputs, as kernels of loops over scalar expressions. Data only.
 * Targets print it; they decide nothing about order, storage or fusion.
 */
import type { Dim, Shape } from "./dim.ts";
import type { ElementType } from "./graph.ts";
import type { ElementwiseName } from "./primitive.ts";

/**
 * An expression of one number, interned within its kernel: equal expressions are one object, `id` ascends from operands.
 * Reals are computed in double whatever the arrays hold; index arithmetic is exact; bools are truth values.
 */
export type Scalar = { readonly id: number; readonly element: ElementType } & (
  | { readonly kind: "number"; readonly value: number }
  /** A loop's variable. */
  | { readonly kind: "variable"; readonly name: string }
  /** A mutable local, read after its last change; or, if `changing`, in the loop that changes it. */
  | { readonly kind: "accumulator"; readonly name: string; readonly changing: boolean }
  /** A number of the entry point: a number-held parameter, or the value of an earlier step. */
  | { readonly kind: "argument"; readonly name: string }
  /** offset + the sum of coefficient * scalar: every integer that addresses an array has this form. */
  | { readonly kind: "affine"; readonly offset: Dim; readonly terms: readonly AffineTerm[] }
  /** `guarded`: only ever evaluated in the branch of a `choose` that keeps the index inside the array. */
  | { readonly kind: "load"; readonly buffer: string; readonly index: Scalar; readonly guarded: boolean }
  | {
      readonly kind: "operation";
      readonly operation: ElementwiseName;
      readonly operands: readonly Scalar[];
      /** Of power_integer. */
      readonly exponent: number | null;
    }
  /** Evaluates only the branch taken. */
  | { readonly kind: "choose"; readonly condition: Scalar; readonly then: Scalar; readonly else: Scalar }
  /** A uniform number in [0, 1). */
  | {
      readonly kind: "random";
      readonly seed: Scalar;
      readonly step: Scalar;
      readonly site: number;
      readonly position: Scalar;
    }
  /** A local defined by a `let` statement (after placement). */
  | { readonly kind: "local"; readonly name: string }
);

export interface AffineTerm {
  readonly scalar: Scalar;
  readonly coefficient: Dim;
}

export type Combine = "add" | "multiply" | "maximum" | "minimum";

/** One call of a batch: its result becomes a local. */
export interface BatchedCall {
  readonly name: string;
  readonly operands: readonly Scalar[];
}

/** How many calls a batch holds at most. */
export const largestBatch = 64;

export type Statement =
  | { readonly kind: "let"; readonly name: string; readonly value: Scalar; readonly note: string | null }
  | { readonly kind: "declare"; readonly name: string; readonly initial: number; readonly element: ElementType }
  /** An operation on several operands at once: every call's result becomes a local. None uses another's result. */
  | {
      readonly kind: "batch";
      readonly operation: ElementwiseName;
      readonly exponent: number | null;
      readonly calls: readonly BatchedCall[];
    }
  /** local = local (combine) value */
  | { readonly kind: "accumulate"; readonly name: string; readonly combine: Combine; readonly value: Scalar }
  | { readonly kind: "assign"; readonly name: string; readonly value: Scalar }
  | { readonly kind: "store"; readonly buffer: string; readonly index: Scalar; readonly value: Scalar }
  /** buffer[index] = buffer[index] + value */
  | { readonly kind: "storeAdd"; readonly buffer: string; readonly index: Scalar; readonly value: Scalar }
  /** Refuses the call where `value` is not 0 .. size - 1; `name` is what the user calls it. */
  | { readonly kind: "check"; readonly value: Scalar; readonly size: Scalar; readonly name: string }
  /** Sets the whole buffer to a number. */
  | { readonly kind: "fill"; readonly buffer: string; readonly value: number }
  /** Runs a routine of the support code on parts of arrays; it writes to the first of them. */
  | {
      readonly kind: "call";
      readonly routine: Routine;
      readonly parts: readonly ArrayPart[];
      /** Sizes that follow. */
      readonly numbers: readonly Scalar[];
    }
  /** for (variable = from; variable < to; variable += step); `step` divides to - from. */
  | {
      readonly kind: "loop";
      readonly variable: string;
      readonly from: Scalar;
      readonly to: Scalar;
      readonly step: number;
      readonly body: readonly Statement[];
    }
  | { readonly kind: "if"; readonly condition: Scalar; readonly body: readonly Statement[] };

/** Routines that work on whole matrices (7-emit/support/linear-algebra). */
export type Routine =
  | "luPartial" | "luComplete" | "luSolve" | "luSolveTransposed" | "choleskyFactor" | "triangularSolve"
  | "triangularSolveTransposed" | "moveDirection" | "cofactorMinors" | "cofactorsBack"; // prettier-ignore

/** A buffer from the element `start` on. */
export interface ArrayPart {
  readonly buffer: string;
  readonly start: Scalar;
  /** Whether the routine writes there. */
  readonly written: boolean;
}

/** Storage of one tensor. */
export interface Buffer {
  readonly name: string;
  readonly element: ElementType;
  readonly shape: Shape;
  /**
   * `parameter`: a graph parameter's array (an argument or a stored tensor); `result`: an output's array;
   * `temporary`: in the arena at `offset` elements of its type's section; `table`: constants of the module.
   */
  readonly role: "parameter" | "result" | "temporary" | "table";
  /** The entries of a table. */
  readonly values?: readonly number[];
  /** An identifier close to the user's name, unique in the program: `z`, `h_W`. */
  readonly label: string;
  /** Rows of the rounds of a loop. */
  readonly stacked?: boolean;
}

/** What an entry point does, one after the other. */
export type Step = Kernel | LoopStep;

/**
 * Steps that run once a round. What is carried stands in buffers, written over in place, and in numbers: mutable locals of
 * the entry point, which take their next values together at the end of a round.
 */
export interface LoopStep {
  readonly kind: "loop";
  /** Source lines that it came from. */
  readonly comment: readonly string[];
  /** An argument of the kernels inside: the round, counted from 0; down to 0 where `reverse`. */
  readonly variable: string;
  readonly trip: Dim;
  /** How many rounds run, where data decides it, as far as `trip` allows. */
  readonly count: Scalar | null;
  readonly reverse: boolean;
  /** Carried numbers: `next` is the name under which the body delivers the value that follows. */
  readonly numbers: readonly { readonly name: string; readonly initial: Scalar; readonly next: string }[];
  /** Asked before each round: the loop ends where `value`, delivered by the steps, is false. */
  readonly condition: { readonly steps: readonly Step[]; readonly value: string } | null;
  readonly steps: readonly Step[];
}

export interface Kernel {
  readonly kind: "kernel";
  /** A readable hint for the function's name: `zRows`, `hWUpdate`. */
  readonly label: string;
  /** What it computes and which source lines it came from. */
  readonly comment: readonly string[];
  readonly body: readonly Statement[];
  /** The numbers that it computes, by the name that later steps know them by. */
  readonly values: readonly { readonly name: string; readonly value: Scalar }[];
  /** The same work before it was tiled, for targets that tile and place for themselves; null where none was asked for. */
  readonly nest: Nest | null;
  /** Part of the entry point itself instead of a function of its own. */
  readonly inline: boolean;
  /** Multiply-adds and other operations, for the cost sheet. */
  readonly operations: Dim;
}

/** Loops over single entries; expressions stand where they are used, none in a local. */
export interface Nest {
  readonly body: readonly Statement[];
  readonly values: Kernel["values"];
}

export interface Program {
  /** The graph parameters that it reads. */
  readonly parameters: readonly string[];
  readonly buffers: readonly Buffer[];
  readonly steps: readonly Step[];
  readonly outputs: readonly ProgramOutput[];
  readonly arena: Arena;
}

/** Where an output ends up: a number of the entry point, or an array. */
export type ProgramOutput =
  | { readonly name: string; readonly kind: "number"; readonly value: string; readonly element: ElementType }
  | { readonly name: string; readonly kind: "array"; readonly buffer: string }
  /** Written in place over the stored tensor of this name. */
  | { readonly name: string; readonly kind: "update"; readonly buffer: string };

/** The memory plan: for each temporary its slot; slots are laid out one after the other, by element type. */
export interface Arena {
  readonly slots: readonly { readonly element: ElementType; readonly size: Dim }[];
  readonly slotOf: ReadonlyMap<string, number>;
}
