/**
 * A built-in function that the prelude cannot say in the language itself: one record, from which calls are matched,
 * checked and elaborated into graph nodes.
 */
import type { Code, MessageArgs } from "../../diagnostics/catalogue/index.ts";
import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Extras } from "../../diagnostics/report.ts";
import type { Dim, Shape } from "../../ir/dim.ts";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/graph.ts";
import type { TensorValue, Value } from "../value.ts";

/** A text, and where its characters from one place to another stand in the source. */
export interface WrittenText {
  readonly text: string;
  readonly span: (from: number, to: number) => Span;
}

/** A tensor, and where the source gives it. */
export interface WrittenTensor {
  readonly value: TensorValue;
  readonly span: Span;
}

/** What a parameter accepts, and what the elaboration function receives for it. */
export interface ParameterKinds {
  /** Any tensor, number or dim. */
  tensor: TensorValue;
  /** An integer, const or dim. */
  dim: Dim;
  shape: Shape;
  /** One axis, counted from the end (negative) of the first tensor argument; the number as written if there is none. */
  axis: number;
  /** One axis, a list of them or `all`; negative, ascending. */
  axes: readonly number[];
  /** Integers, for permute, tile, ...; one integer alone is a list of one. */
  integers: readonly Dim[];
  /** One integer, or a list of them, where the two mean different things (split). */
  sections: Dim | readonly Dim[];
  /** `[[before, after], ...]`. */
  pairs: readonly (readonly [Dim, Dim])[];
  list: readonly TensorValue[];
  text: WrittenText;
  /** All arguments from this one on; of the last parameter alone. */
  operands: readonly WrittenTensor[];
  flag: boolean;
}

export type ParameterKind = keyof ParameterKinds;

export interface IntrinsicParameter {
  readonly name: string;
  readonly kind: ParameterKind;
  /** Used where the call leaves the argument out; absent: it must be given. */
  readonly default?: Value;
  /** The parameter whose argument is used where the call leaves this one out. */
  readonly like?: string;
}

/** What elaboration may ask of the checker. Faults are thrown (ShapeFault) and shown at the call. */
export interface IntrinsicContext {
  readonly builder: GraphBuilder;
  /** Requires a relation of dims: an error if it is false, a check on entry if undecided. */
  readonly require: (left: Dim, relation: ">=" | "==" | "divides", right: Dim, reason: string) => void;
  /** Reports a fault; the error returned ends the elaboration, and is to be thrown. */
  readonly fault: <C extends Code>(code: C, args: MessageArgs[C], span: Span, extras?: Extras) => Error;
  /** Uniform numbers in [0, 1) of `shape`, drawn at a new place of the program. Throws where nothing may be drawn. */
  readonly random: (shape: Shape) => Node;
  /** True while a training step runs: a bool scalar. */
  readonly training: () => Node;
  /** True where random numbers are drawn: while a training step runs, and in initial values. */
  readonly drawing: () => Node;
}

/** What a call stands for: a tensor, a compile-time integer or flag, or several tensors. */
export type IntrinsicResult = TensorValue | Extract<Value, { kind: "dim" | "flag" }> | readonly TensorValue[];

export type Arguments<P extends readonly IntrinsicParameter[]> = {
  readonly [K in P[number] as K["name"]]: ParameterKinds[K["kind"]];
};

export interface Intrinsic<P extends readonly IntrinsicParameter[] = readonly IntrinsicParameter[]> {
  readonly name: string;
  readonly parameters: P;
  /**
   * The value at compile time where every argument, in the order of the parameters, is an integer or dim
   * (`minimum(n, 3)` in a shape); null: call `elaborate`.
   */
  readonly static: ((args: readonly Dim[]) => Dim | null) | null;
  /** Names written as `T`-like members or operators have no entry here. Several values: an array. */
  readonly elaborate: (context: IntrinsicContext, args: Arguments<P>) => IntrinsicResult;
}

/** Declares an intrinsic; arguments are typed by its parameters inside, and by their names alone outside. */
export function define<const P extends readonly IntrinsicParameter[]>(
  name: string,
  parameters: P,
  elaborate: Intrinsic<P>["elaborate"],
  options: { readonly static?: Intrinsic<P>["static"] } = {},
): Intrinsic {
  return { name, parameters, static: options.static ?? null, elaborate };
}
