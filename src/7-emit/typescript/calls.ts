/** The kernels of a program as statements of an entry point: calls of kernel functions, or their code in place. */
import * as dims from "../../ir/dim.ts";
import type { Dim } from "../../ir/dim.ts";
import { largestBatch } from "../../ir/program.ts";
import { unbounded } from "../../ir/loop-parts.ts";
import type { Buffer, Kernel, LoopStep, Program, Scalar, Step } from "../../ir/program.ts";
import type { WasmWriter } from "../wasm/module.ts";
import { emitDim, emitScalar, emitStatements, type KernelNames } from "./kernels.ts";
import { symbolHint, usesOf, type Uses } from "./kernel-uses.ts";
import { freeName, identifierOf } from "./names.ts";
import * as ts from "./syntax.ts";
import type { Expression, FunctionDeclaration, Parameter, Statement } from "./syntax.ts";
import type { KernelFunction, ModuleWriter, Precision } from "./writer.ts";

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
  /** Where kernels in WebAssembly are called; null or left out: none is. */
  readonly wasm?: WasmNames | null;
}

/** How an entry point reaches the kernels in WebAssembly. */
export interface WasmNames {
  readonly writer: WasmWriter;
  /** The local that holds the kernels, or null where the engine has none. */
  readonly kernels: string;
  /** The local of the places through which reals are passed. */
  readonly exchange: string;
  readonly address: (buffer: Buffer) => Expression;
  /** The address of the room for panels. */
  readonly panel: () => Expression;
}

/** The statements that run all kernels in order. Values become locals of their names. */
export function emitProgram(program: Program, names: EntryNames, writer: ModuleWriter): readonly Statement[] {
  const buffers = new Map(program.buffers.map((b) => [b.name, b]));
  const bufferOf = (name: string): Buffer => {
    const buffer = buffers.get(name);
    if (buffer === undefined) throw new Error(`internal: no buffer ${name}`);
    return buffer;
  };
  // Tables are constants of the module, whatever the entry point.
  const held: EntryNames = {
    ...names,
    array: (buffer, inline) =>
      buffer.values === undefined ? names.array(buffer, inline) : { name: writer.table(buffer.values), base: null },
  };
  const emit = (step: Step): readonly Statement[] => {
    if (step.kind === "loop") return emitLoop(step, emit, inPlace(bufferOf, held, writer));
    return step.inline ? emitInline(step, bufferOf, held, writer) : emitCall(step, bufferOf, held, writer);
  };
  return program.steps.flatMap(emit);
}

/** Rounds: what is carried as a number is a mutable local; the rest stands in buffers. */
function emitLoop(
  step: LoopStep,
  emit: (inner: Step) => readonly Statement[],
  inner: KernelNames,
): readonly Statement[] {
  const trip = dims.equal(step.trip, unbounded) ? ts.name("Infinity") : emitDim(step.trip, inner.symbol);
  const to = step.count === null ? trip : ts.call("Math.min", trip, emitScalar(step.count, inner));
  // `true` as an initial value would make a local of that type alone.
  const typeOf = (initial: Scalar): string => (initial.element === "bool" ? "boolean" : "number");
  const asked: Statement[] = [];
  if (step.condition !== null) {
    asked.push(...step.condition.steps.flatMap(emit));
    asked.push(ts.when(ts.unary("!", ts.name(step.condition.value)), [{ kind: "break" }]));
  }
  return [
    ...step.comment.map((text): Statement => ({ kind: "comment", text })),
    ...step.numbers.map(({ name, initial }): Statement => ({
      kind: "let",
      name,
      type: typeOf(initial),
      value: emitScalar(initial, inner),
    })),
    {
      kind: "for",
      variable: step.variable,
      from: ts.number(0),
      to,
      step: 1,
      down: step.reverse,
      body: [
        ...asked,
        ...step.steps.flatMap(emit),
        ...step.numbers.map(({ name, next }) => ts.assign(ts.name(name), ts.name(next))),
      ],
    },
  ];
}

/** The names of code in place. */
function inPlace(bufferOf: (name: string) => Buffer, names: EntryNames, writer: ModuleWriter): KernelNames {
  return {
    array: (buffer) => names.array(bufferOf(buffer), true),
    symbol: names.symbol,
    argument: (name) => names.argument(name) ?? ts.name(name),
    elementOf: (buffer) => bufferOf(buffer).element,
    sizeOf: (buffer) => dims.product(bufferOf(buffer).shape),
    support: (name) => writer.support(name),
    precision: names.precision,
  };
}

function emitInline(
  kernel: Kernel,
  bufferOf: (name: string) => Buffer,
  names: EntryNames,
  writer: ModuleWriter,
): readonly Statement[] {
  const inner = inPlace(bufferOf, names, writer);
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
  const { used, name } = writer.kernelOf(kernel.body, (buffers) => signatureOf(buffers, bufferOf, names)) ?? declareKernel(kernel, bufferOf, names, writer); // prettier-ignore
  const given: Expression[] = [];
  for (const buffer of used.buffers) {
    const { name: array, base } = names.array(bufferOf(buffer), false);
    given.push(ts.path(array));
    if (base !== null) given.push(base);
  }
  const { reals, others } = partsOf(used.arguments);
  const argument = (a: string): Expression => names.argument(a) ?? ts.name(a);
  given.push(
    ...others.map(([a]) => argument(a)),
    ...[...used.symbols.values()].map((dim) => emitDim(dim, names.symbol)),
  );
  const called = ts.call(name, ...given);
  const passed = reals.map((a, k) => ts.assign(slot(k, writer), argument(a)));
  const value = kernel.values.at(0);
  const fast = wasmCall(kernel, bufferOf, names, argument);
  if (value === undefined) {
    const plain = [...passed, ts.expression(called)];
    return fast === null ? plain : [ts.when(fast.isThere, [...fast.passed, ts.expression(fast.called)], plain)];
  }
  const isReal = value.value.element === "real";
  if (fast === null) {
    if (!isReal) return [...passed, ts.constant(value.name, called)];
    return [...passed, ts.expression(called), ts.constant(value.name, slot(0, writer))];
  }
  const type = value.value.element === "bool" ? "boolean" : "number";
  const taken = (calling: Expression, from: Expression): Statement[] =>
    isReal ? [ts.expression(calling), ts.assign(ts.name(value.name), from)] : [ts.assign(ts.name(value.name), calling)];
  const returned = type === "boolean" ? ts.binary("!==", fast.called, ts.number(0)) : fast.called;
  return [
    { kind: "let", name: value.name, type, value: null },
    ts.when(
      fast.isThere,
      [...fast.passed, ...taken(returned, ts.element(ts.name(fast.exchange), ts.number(0)))],
      [...passed, ...taken(called, slot(0, writer))],
    ),
  ];
}

/** The call of a kernel's WebAssembly, what it is passed before, and whether there is any; null where the kernel has none. */
function wasmCall(
  kernel: Kernel,
  bufferOf: (name: string) => Buffer,
  { wasm, prefix, symbol }: EntryNames,
  argument: (name: string) => Expression,
): {
  readonly isThere: Expression;
  readonly passed: readonly Statement[];
  readonly called: Expression;
  readonly exchange: string;
} | null {
  const found = wasm?.writer.kernel(kernel, bufferOf, kernelHint(kernel, prefix)) ?? null;
  if (found === null || wasm === undefined || wasm === null) return null;
  const { name, panel, buffers, reals, others, symbols } = found;
  const integer = ([other, element]: (typeof others)[number]): Expression =>
    element === "bool" ? ts.conditional(argument(other), ts.number(1), ts.number(0)) : argument(other);
  return {
    isThere: ts.binary("!==", ts.name(wasm.kernels), ts.name("null")),
    passed: reals.map((real, k) => ts.assign(ts.element(ts.name(wasm.exchange), ts.number(k)), argument(real))),
    called: ts.call(
      ts.member(ts.name(wasm.kernels), name),
      ...(panel === null ? [] : [wasm.panel()]),
      ...buffers.map((buffer) => wasm.address(bufferOf(buffer))),
      ...others.map(integer),
      ...symbols.map((dim) => emitDim(dim, symbol)),
    ),
    exchange: wasm.exchange,
  };
}

/** What a kernel's function is called where nothing else is. */
export function kernelHint({ label }: Pick<Kernel, "label">, prefix: string): string {
  return `${prefix}${label.replace(/^./u, (c) => c.toUpperCase())}`;
}

/**
 * Reals go to kernel functions, and come from them, as the operands of elementary functions do: engines allocate those that
 * are parameters or results of a function that they do not inline. What has no place there is a parameter.
 */
function partsOf(args: Uses["arguments"]): {
  readonly reals: readonly string[];
  readonly others: readonly (readonly [name: string, element: Scalar["element"]])[];
} {
  const reals = [...args].flatMap(([name, element]) => (element === "real" ? [name] : [])).slice(0, 2 * largestBatch);
  return { reals, others: [...args].filter(([name]) => !reals.includes(name)) };
}

function slot(k: number, writer: ModuleWriter): Expression {
  return ts.element(ts.name(writer.support("operands")), ts.number(k));
}

function declareKernel(
  kernel: Kernel,
  bufferOf: (name: string) => Buffer,
  names: EntryNames,
  writer: ModuleWriter,
): KernelFunction {
  const used = usesOf(kernel, (buffer) => dims.product(bufferOf(buffer).shape));
  const readable = readableNames(used, (buffer) => bufferOf(buffer).label);
  // Equal kernels are one function, whatever their arguments are called.
  const outside = [...used.buffers].map((buffer) => `${bufferOf(buffer).element}${startOf(bufferOf(buffer), names)}`);
  const key = `${names.precision} ${outside.join(" ")}: ${used.key}`;
  const hint = kernelHint(kernel, names.prefix);
  const name = writer.kernel(key, hint, (free) =>
    kernelFunction(free, kernel, used, readable, bufferOf, names, writer),
  );
  return writer.keepKernel(kernel.body, signatureOf(used.buffers, bufferOf, names), { used, name });
}

/** All of an entry point that the text of a kernel function depends on. */
function signatureOf(buffers: Iterable<string>, bufferOf: (name: string) => Buffer, names: EntryNames): string {
  const parts: string[] = [names.precision];
  for (const buffer of buffers) {
    const { element, shape } = bufferOf(buffer);
    parts.push(buffer, element, dims.product(shape).key, startOf(bufferOf(buffer), names));
  }
  return parts.join(" ");
}

/** Whether a kernel function is told where the buffer begins. */
function startOf(buffer: Buffer, names: EntryNames): "" | "+" {
  return names.array(buffer, false).base === null ? "" : "+";
}

/** The names of a kernel function's parameters. */
interface FormalNames {
  readonly array: (buffer: string) => string;
  readonly argument: (name: string) => string;
  readonly symbol: (name: string) => string;
}

/** Names close to the user's, with `_` where JavaScript reserves one or an argument and a dim are called the same. */
function readableNames(used: Uses, labelOf: (buffer: string) => string): FormalNames {
  const taken = new Set([...used.buffers].flatMap((buffer) => [labelOf(buffer), `${labelOf(buffer)}Start`]));
  const free = (name: string): readonly [string, string] => {
    const formal = freeName(identifierOf(name), taken);
    taken.add(formal);
    return [name, formal];
  };
  const args = new Map([...used.arguments.keys()].map(free));
  const symbols = new Map(
    [...used.symbols].map(([symbol, dim]) => [symbol, free(symbolHint(symbol, dim))[1]] as const),
  );
  return {
    array: labelOf,
    argument: (name) => args.get(name) ?? name,
    symbol: (name) => symbols.get(name) ?? name,
  };
}

function kernelFunction(
  name: string,
  kernel: Kernel,
  used: Uses,
  formal: FormalNames,
  bufferOf: (name: string) => Buffer,
  names: EntryNames,
  writer: ModuleWriter,
): FunctionDeclaration {
  const parameters: Parameter[] = [];
  const hasBase = (buffer: string): boolean => names.array(bufferOf(buffer), false).base !== null;
  for (const buffer of used.buffers) {
    parameters.push({ name: formal.array(buffer), type: writer.arrayType(bufferOf(buffer).element) });
    if (hasBase(buffer)) parameters.push({ name: `${formal.array(buffer)}Start`, type: "number" });
  }
  const { reals, others } = partsOf(used.arguments);
  for (const [argument, element] of others) {
    parameters.push({ name: formal.argument(argument), type: element === "bool" ? "boolean" : "number" });
  }
  for (const symbol of used.symbols.keys()) parameters.push({ name: formal.symbol(symbol), type: "number" });
  const inner: KernelNames = {
    array: (buffer) => ({
      name: formal.array(buffer),
      base: hasBase(buffer) ? ts.name(`${formal.array(buffer)}Start`) : null,
    }),
    symbol: formal.symbol,
    argument: (argument) => ts.name(formal.argument(argument)),
    elementOf: (buffer) => bufferOf(buffer).element,
    sizeOf: (buffer) => dims.product(bufferOf(buffer).shape),
    support: (support) => writer.support(support),
    precision: names.precision,
  };
  const value = kernel.values.at(0);
  if (kernel.values.length > 1) throw new Error("internal: a kernel function with several values");
  const isReal = value?.value.element === "real";
  const body = [
    ...reals.map((a, k) => ts.constant(formal.argument(a), slot(k, writer))),
    ...emitStatements(kernel.body, inner),
  ];
  if (value !== undefined) {
    const result = emitScalar(value.value, inner);
    body.push(isReal ? ts.assign(slot(0, writer), result) : ts.returns(result));
  }
  const result = value === undefined || isReal ? "void" : value.value.element === "bool" ? "boolean" : "number";
  return { kind: "function", exported: false, name, parameters, result, body, doc: kernel.comment };
}

/**
 * What takes long to compute of the numbers of rounds and the shapes of what a program keeps, by name: roots, then quotients
 * by them.
 */
export function wholesOf({ buffers, steps }: Program): ReadonlyMap<string, Dim> {
  const roots = new Map<string, Dim>();
  const quotients = new Map<string, Dim>();
  const visit = (dim: Dim): void => {
    for (const [name, whole] of dims.parametersOf(dim)) {
      const { atom } = whole.terms[0].factors[0];
      if (atom.kind === "root") roots.set(name, whole);
      if (atom.kind !== "floor") continue;
      visit(atom.divisor);
      quotients.set(name, whole);
    }
  };
  const trips = (some: readonly Step[]): void => {
    for (const step of some) {
      if (step.kind !== "loop") continue;
      visit(step.trip);
      trips(step.steps);
    }
  };
  trips(steps);
  for (const { shape } of buffers) shape.forEach(visit);
  return new Map([...roots, ...quotients]);
}

/** A dim as an expression of the entry point. */
export function dimExpression(dim: Dim, names: Pick<EntryNames, "symbol">): Expression {
  return emitDim(dim, names.symbol);
}
