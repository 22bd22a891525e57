/** Calls intrinsics as the checker does, without the checker: arguments are given by name, defaults are filled in. */
import { intrinsics } from "../../../src/2-check/intrinsics/index.ts";
import type { IntrinsicContext, IntrinsicResult, ParameterKinds } from "../../../src/2-check/intrinsics/intrinsic.ts";
import type { TensorValue, Value } from "../../../src/2-check/value.ts";
import { diagnostic } from "../../../src/diagnostics/report.ts";
import { GraphBuilder } from "../../../src/ir/builder.ts";
import { constant, symbol } from "../../../src/ir/dim.ts";
import type { Dim } from "../../../src/ir/dim.ts";
import { allAxes } from "../../../src/ir/expressions.ts";
import * as expressions from "../../../src/ir/expressions.ts";
import type { ElementType, Node } from "../../../src/ir/graph.ts";
import { ShapeFault } from "../../../src/ir/primitive.ts";
import { primitives } from "../../../src/primitives/index.ts";

type Argument = ParameterKinds[keyof ParameterKinds];

/** "n" is a symbol, 3 a constant. */
export function dim(size: number | string): Dim {
  return typeof size === "number" ? constant(size) : symbol(size);
}

export function dims(...sizes: readonly (number | string)[]): Dim[] {
  return sizes.map(dim);
}

/** The widths of one axis, for pad. */
export function pair(before: number | string, after: number | string): readonly [Dim, Dim] {
  return [dim(before), dim(after)];
}

export class Elaboration {
  readonly builder = new GraphBuilder(primitives);
  readonly requirements: { left: Dim; relation: string; right: Dim; reason: string }[] = [];
  readonly context: IntrinsicContext = {
    builder: this.builder,
    require: (left, relation, right, reason) => {
      this.requirements.push({ left, relation, right, reason });
    },
    fault: (code, args, span, extras) => new ShapeFault(diagnostic(code, args, span, extras).message),
    random: (shape) => this.input("draw", shape).node,
    training: () => expressions.constant(this.builder, 0, "bool"),
    drawing: () => expressions.constant(this.builder, 1, "bool"),
  };

  input(name: string, shape: readonly Dim[], element: ElementType = "real", bound: Dim | null = null): TensorValue {
    const attributes = { name, type: { element, shape }, bound, held: "array" } as const;
    return { kind: "tensor", node: this.builder.create("parameter", [], attributes), bound };
  }

  scalar(value: number, element: ElementType = "real"): TensorValue {
    return { kind: "tensor", node: expressions.constant(this.builder, value, element), bound: null };
  }

  call(name: string, args: Readonly<Record<string, Argument>>): IntrinsicResult {
    const intrinsic = intrinsics.get(name);
    if (intrinsic === undefined) throw new Error(`no intrinsic ${name}`);
    const known = new Set(intrinsic.parameters.map((parameter) => parameter.name));
    for (const given of Object.keys(args)) if (!known.has(given)) throw new Error(`${name} has no parameter ${given}`);
    const first = Object.values(args).find((arg): arg is TensorValue => typeof arg === "object" && "node" in arg);
    const filled: Record<string, Argument> = { ...args };
    for (const { name: parameter, kind, like, default: value } of intrinsic.parameters) {
      if (parameter in filled) continue;
      if (like !== undefined) {
        filled[parameter] = filled[like];
        continue;
      }
      if (value === undefined) throw new Error(`${name} needs ${parameter}`);
      filled[parameter] = this.#default(kind, value, first?.node ?? null);
    }
    return intrinsic.elaborate(this.context, filled);
  }

  /** The one tensor that a call gives. */
  tensor(name: string, args: Readonly<Record<string, Argument>>): TensorValue {
    const result = this.call(name, args);
    if ("kind" in result && result.kind === "tensor") return result;
    throw new Error(`${name} gives no tensor`);
  }

  node(name: string, args: Readonly<Record<string, Argument>>): Node {
    return this.tensor(name, args).node;
  }

  #default(kind: keyof ParameterKinds, value: Value, first: Node | null): Argument {
    if (value.kind === "all") return first === null ? [] : allAxes(first);
    if (value.kind === "flag") return value.value;
    if (value.kind !== "dim") throw new Error(`a default of kind ${value.kind}`);
    if (kind === "tensor") {
      return { kind: "tensor", node: expressions.dimension(this.builder, value.dim), bound: null };
    }
    if (kind === "integers") return [value.dim];
    const number = Number(value.dim.key);
    if (kind === "axis") return number < 0 || first === null ? number : number - first.shape.length;
    return value.dim;
  }
}
