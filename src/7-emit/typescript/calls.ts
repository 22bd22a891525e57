/** The kernels of a program as statements of an entry point: calls of kernel functions, or their code in place. */
import * as dims from "../../ir/dim.ts";
import type { Dim } from "../../ir/dim.ts";
import type { Buffer, Kernel, Program, Scalar, Statement as KernelStatement } from "../../ir/program.ts";
import { emitDim, emitScalar, emitStatements, type KernelNames } from "./kernels.ts";
import { identifierOf } from "./names.ts";
import { printStatements } from "./print.ts";
import * as ts from "./syntax.ts";
import type { Expression, FunctionDeclaration, Parameter, Statement } from "./syntax.ts";
import type { ModuleWriter, Precision } from "./writer.ts";

/** How an entry point holds what its kernels use. */
export interface EntryNames {
  /**
   * Where a buffer is: an array in scope, and the offset expression at which it begins (null: 0). `inline`: for code in
   * place, which wants a plain variable.
   */
  readonly array: (buffer: Buffer, inline: boolean) => { readonly name: string; readonly base: Expression | null };
  readonly symbol: (name: string) => string;
  /** A number-held parameter; null where `name` is a value that an earlier kernel computed. */
  readonly argument: (name: string) => Expression | null;
  /** Of the elementary functions. */
  readonly precision: Precision;
  /** Begins the names of kernel functions: `rosenbrockGradient`. */
  readonly prefix: string;
}

/** The statements that run all kernels in order. Values become locals of their names. */
export function emitProgram(program: Program, names: EntryNames, writer: ModuleWriter): readonly Statement[] {
  const buffers = new Map(program.buffers.map((b) => [b.name, b]));
  const bufferOf = (name: string): Buffer => {
    const buffer = buffers.get(name);
    if (buffer === undefined) throw new Error(`internal: no buffer ${name}`);
    return buffer;
  };
  return program.kernels.flatMap((kernel) =>
    kernel.inline ? emitInline(kernel, bufferOf, names, writer) : emitCall(kernel, bufferOf, names, writer),
  );
}

function emitInline(
  kernel: Kernel,
  bufferOf: (name: string) => Buffer,
  names: EntryNames,
  writer: ModuleWriter,
): readonly Statement[] {
  const inner: KernelNames = {
    array: (buffer) => {
      const { name, base } = names.array(bufferOf(buffer), true);
      if (base !== null && base.kind !== "name") throw new Error("internal: an offset without a name");
      return { name, base: base?.kind === "name" ? base.name : null };
    },
    symbol: names.symbol,
    argument: (name) => names.argument(name) ?? ts.name(name),
    elementOf: (buffer) => bufferOf(buffer).element,
    sizeOf: (buffer) => dims.product(bufferOf(buffer).shape),
    support: (name) => writer.support(name),
    precision: names.precision,
  };
  return [
    ...kernel.comment.map((text): Statement => ({ kind: "comment", text })),
    ...emitStatements(kernel.body, inner),
    ...kernel.values.map((v) => ts.constant(v.name, emitScalar(v.value, inner))),
  ];
}

function emitCall(
  kernel: Kernel,
  bufferOf: (name: string) => Buffer,
  names: EntryNames,
  writer: ModuleWriter,
): readonly Statement[] {
  const used = usesOf(kernel, (buffer) => dims.product(bufferOf(buffer).shape));
  const parameters: Parameter[] = [];
  const given: Expression[] = [];
  const bases = new Map<string, string>();
  for (const name of used.buffers) {
    const buffer = bufferOf(name);
    const { name: array, base } = names.array(buffer, false);
    parameters.push({ name: buffer.label, type: writer.arrayType(buffer.element) });
    given.push(ts.path(array));
    if (base === null) continue;
    bases.set(name, `${buffer.label}Start`);
    parameters.push({ name: `${buffer.label}Start`, type: "number" });
    given.push(base);
  }
  for (const [name, element] of used.arguments) {
    parameters.push({ name: identifierOf(name), type: element === "bool" ? "boolean" : "number" });
    given.push(names.argument(name) ?? ts.name(name));
  }
  for (const symbol of used.symbols) {
    parameters.push({ name: symbol, type: "number" });
    given.push(ts.name(names.symbol(symbol)));
  }
  const inner: KernelNames = {
    array: (buffer) => ({ name: bufferOf(buffer).label, base: bases.get(buffer) ?? null }),
    symbol: (name) => name,
    argument: (name) => ts.name(identifierOf(name)),
    elementOf: (buffer) => bufferOf(buffer).element,
    sizeOf: (buffer) => dims.product(bufferOf(buffer).shape),
    support: (name) => writer.support(name),
    precision: names.precision,
  };
  const value = kernel.values.at(0);
  if (kernel.values.length > 1) throw new Error("internal: a kernel function with several values");
  const body = [
    ...emitStatements(kernel.body, inner),
    ...(value === undefined ? [] : [ts.returns(emitScalar(value.value, inner))]),
  ];
  const result = value === undefined ? "void" : value.value.element === "bool" ? "boolean" : "number";
  const declare = (name: string): FunctionDeclaration => ({
    kind: "function",
    exported: false,
    name,
    parameters,
    result,
    body,
    doc: kernel.comment,
  });
  const text = printStatements([{ ...declare("_"), doc: [] }]);
  const hint = `${names.prefix}${kernel.label.replace(/^./u, (c) => c.toUpperCase())}`;
  const called = ts.call(writer.kernel(text, hint, declare), ...given);
  return [value === undefined ? ts.expression(called) : ts.constant(value.name, called)];
}

interface Uses {
  readonly buffers: ReadonlySet<string>;
  readonly arguments: ReadonlyMap<string, Scalar["element"]>;
  readonly symbols: ReadonlySet<string>;
}

/** What a kernel takes from outside, in order of first use. */
function usesOf(kernel: Kernel, sizeOf: (buffer: string) => Dim): Uses {
  const buffers = new Set<string>();
  const args = new Map<string, Scalar["element"]>();
  const symbols = new Set<string>();
  const dim = (d: Dim): void => {
    for (const symbol of dims.symbolsOf(d)) symbols.add(symbol);
  };
  const scalar = (s: Scalar): void => {
    switch (s.kind) {
      case "argument":
        args.set(s.name, s.element);
        return;
      case "affine":
        dim(s.offset);
        for (const term of s.terms) {
          scalar(term.scalar);
          dim(term.coefficient);
        }
        return;
      case "load":
        buffers.add(s.buffer);
        scalar(s.index);
        return;
      case "operation":
        s.operands.forEach(scalar);
        return;
      case "choose":
        [s.condition, s.then, s.else].forEach(scalar);
        return;
      case "random":
        [s.seed, s.step, s.position].forEach(scalar);
        return;
      case "number":
      case "variable":
      case "accumulator":
      case "local":
        return;
    }
  };
  const statement = (s: KernelStatement): void => {
    switch (s.kind) {
      case "let":
      case "accumulate":
      case "assign":
        scalar(s.value);
        return;
      case "store":
      case "storeAdd":
        scalar(s.index);
        scalar(s.value);
        buffers.add(s.buffer);
        return;
      case "fill":
        buffers.add(s.buffer);
        dim(sizeOf(s.buffer));
        return;
      case "loop":
        scalar(s.from);
        scalar(s.to);
        s.body.forEach(statement);
        return;
      case "if":
        scalar(s.condition);
        s.body.forEach(statement);
        return;
      case "declare":
        return;
    }
  };
  kernel.body.forEach(statement);
  for (const value of kernel.values) scalar(value.value);
  return { buffers, arguments: args, symbols };
}

/** A dim as an expression of the entry point. */
export function dimExpression(dim: Dim, names: Pick<EntryNames, "symbol">): Expression {
  return emitDim(dim, names.symbol);
}
