/** A program taken through the stages of the compiler, with every form of its graphs kept for the judge. */
import { format } from "../../src/1-parse/format.ts";
import { parse } from "../../src/1-parse/parse.ts";
import { printAst } from "../../src/1-parse/print.ts";
import { check } from "../../src/2-check/check.ts";
import type { CheckedFile, CheckedFunction, CheckedInput, CheckedModel } from "../../src/2-check/checked.ts";
import { loadImports, reader } from "../../src/2-check/imports.ts";
import { prelude } from "../../src/2-check/prelude.ts";
import { lower } from "../../src/3-lower/lower.ts";
import { checkpointLoops } from "../../src/4-differentiate/checkpoint.ts";
import { differentiate } from "../../src/4-differentiate/differentiate.ts";
import { sparseDerivatives } from "../../src/4-differentiate/sparse.ts";
import { eraseMarks } from "../../src/4-differentiate/marks.ts";
import type { TraceEvent } from "../../src/5-simplify/rule.ts";
import { tidyLoops } from "../../src/5-simplify/loops.ts";
import { simplifier } from "../../src/5-simplify/simplify.ts";
import { NestCache } from "../../src/6-schedule/nest-cache.ts";
import { schedule } from "../../src/6-schedule/schedule.ts";
import { heldAs, identifierNames, isReserved, takenNames } from "../../src/7-emit/typescript/identifiers.ts";
import { inlinedCalls } from "../../src/7-emit/typescript/kernels.ts";
import { patternsOf } from "../../src/7-emit/typescript/functions.ts";
import { emitModule, textOf, withWasm, type ModuleParts } from "../../src/7-emit/typescript/module.ts";
import { assembler } from "../../src/7-emit/wasm/assemble.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import type { GraphBuilder } from "../../src/ir/builder.ts";
import * as dims from "../../src/ir/dim.ts";
import type { Graph, SparsityPattern } from "../../src/ir/graph.ts";
import { Origins } from "../../src/ir/origins.ts";
import type { Program } from "../../src/ir/program.ts";
import { verify } from "../../src/ir/verifier.ts";
import { createBuilder, primitives } from "../../src/primitives/index.ts";
import { noteSyntax, type Coverage } from "./coverage.ts";
import { filesOf } from "./files.ts";
import { syntaxOf } from "./syntax.ts";

export type Precision = "f32" | "f64";

/** Something that must not be; `kind` is kept while the program is shrunk. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly kind: string;

  constructor(kind: string, message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface Entry {
  readonly label: string;
  readonly kind: string;
  readonly graph: Graph;
  /** Derivatives written out, nothing rewritten. */
  readonly plain: Graph;
  /** After the first simplification and differentiation. */
  readonly erased: Graph;
  readonly final: Graph;
  /** As `final`, but that sparse derivatives are their entries; the other forms hold them as whole matrices. */
  readonly emitted: Graph;
  readonly inputs: readonly CheckedInput[];
  readonly owner: { readonly function: CheckedFunction } | { readonly model: CheckedModel };
  readonly wrt: readonly string[];
}

export interface Frontend {
  readonly file: CheckedFile;
  readonly builder: GraphBuilder;
  readonly origins: Origins;
}

/** Parses and checks; the diagnostics alone where there are errors. The formatter's laws are judged on the way. */
export function frontend(
  text: string,
  coverage?: Coverage,
  set: Readonly<Record<string, string>> = {},
): Frontend | readonly Diagnostic[] {
  const files = filesOf(text);
  const parsed = [...files].map(([path, part]) => parse({ path, text: part }));
  const errors = parsed.flatMap((p) => p.diagnostics.filter((x) => x.severity === "error"));
  if (errors.length > 0) return errors;
  for (const { file } of parsed) judgeFormat(file);
  if (coverage !== undefined)
    noteSyntax(
      coverage,
      parsed.map(({ file }) => syntaxOf(file)),
    );
  const builder = createBuilder({ maxNodes: 200_000 });
  const origins = new Origins();
  const read = (path: string): string => {
    const found = files.get(path);
    if (found === undefined) throw new Error(`no file ${path}`);
    return found;
  };
  const sources = loadImports(parsed[0].file, reader(read));
  if (sources.diagnostics.length > 0) return sources.diagnostics;
  const { checked, diagnostics } = check(sources, { set, item: null, precision: "f64", builder, origins, prelude });
  const faults = diagnostics.filter((x) => x.severity === "error");
  if (checked === null || faults.length > 0) return faults;
  return { file: checked, builder, origins };
}

/** `derive fmt` keeps the meaning and has nothing more to do the second time. */
function judgeFormat(file: Parameters<typeof format>[0]): void {
  const formatted = format(file);
  const again = parse({ path: file.source.path, text: formatted });
  const broken = again.diagnostics.find((x) => x.severity === "error");
  if (broken !== undefined)
    throw new Fault("format", `the formatted program does not parse: ${broken.message}\n${formatted}`);
  if (withoutGroups(printAst(again.file)) !== withoutGroups(printAst(file)))
    throw new Fault("format", `the formatted program is another one:\n${formatted}`);
  const twice = format(again.file);
  if (twice !== formatted) throw new Fault("format", `formatting is not idempotent:\n${formatted}---\n${twice}`);
}

/** The formatter may take out parentheses that change nothing, and lines break where they fit. */
function withoutGroups(printed: string): string {
  return printed.replaceAll(/\s+/gu, " ");
}

/** Every entry point, simplified; `trace` hears of the rules that fire. `checkpoint`: as of `compile`, but for the plain form. */
export function entriesOf(
  { file, builder, origins }: Frontend,
  trace: (event: TraceEvent) => void,
  disable: ReadonlySet<string> = new Set(),
  checkpoint = false,
): readonly Entry[] {
  const onExhausted = (rule: string): void => {
    throw new Fault("fuel", `rules went in a circle or ran out of fuel at ${rule}`);
  };
  const lowered = lower(file, builder, origins);
  const simplified = simplifier(builder, { trace, onExhausted, disable });
  const pass = (graph: Graph, ...steps: readonly ((g: Graph) => Graph)[]): Graph =>
    steps.reduce((g, step) => {
      const next = step(g);
      verify(next, primitives);
      return next;
    }, graph);
  const forms = (graph: Graph): Pick<Entry, "graph" | "plain" | "erased" | "final" | "emitted"> => {
    verify(graph, primitives);
    const differentiated = (g: Graph): Graph => sparseDerivatives(differentiate(g, builder), builder, Infinity);
    const whole = (g: Graph): Graph => wholeMatrices(g, builder);
    const unmarked = (g: Graph): Graph => eraseMarks(g, builder);
    const plain = pass(graph, differentiated, unmarked);
    const cut = (g: Graph): Graph => (checkpoint ? checkpointLoops(g, builder) : g);
    const erased = pass(graph, simplified, cut, differentiated, unmarked);
    const tidied = (g: Graph): Graph => tidyLoops(g, builder);
    const summed = (g: Graph): Graph => tidyLoops(g, builder, undefined, true);
    const emitted = pass(erased, tidied, simplified, summed);
    return { graph, plain: whole(plain), erased: whole(erased), final: whole(emitted), emitted };
  };
  return [
    ...lowered.functions.flatMap(({ checked, entries }) =>
      entries.map(({ kind, wrt, graph }) => ({
        label: `${checked.name} ${kind}`,
        kind,
        wrt,
        inputs: checked.inputs,
        owner: { function: checked },
        ...forms(graph),
      })),
    ),
    ...lowered.models.flatMap(({ checked, entries }) =>
      entries.map(({ kind, graph }) => ({
        label: `${checked.name} ${kind}`,
        kind,
        wrt: [],
        inputs: [...checked.inputs, ...checked.targets],
        owner: { model: checked },
        ...forms(graph),
      })),
    ),
  ];
}

/** The graph with whole matrices for sparse derivatives, whatever the pattern that was found for them. */
function wholeMatrices(graph: Graph, b: GraphBuilder): Graph {
  const outputs = graph.outputs.map((output) => {
    const { node, sparse } = output;
    if (sparse === undefined || "by" in sparse) return output;
    const addresses = b.create("table", [], { values: addressesOf(sparse) });
    const size = dims.constant(sparse.rowCount * sparse.columnCount);
    return { ...output, node: b.create("scatter_add", [addresses, node], { batch: 0, size }) };
  });
  return outputs.every((output, k) => output === graph.outputs[k]) ? graph : { ...graph, outputs };
}

/** Where the entries of a pattern stand in the whole matrix. */
export function addressesOf({ rowCount, columnCount, starts, columns }: SparsityPattern): readonly number[] {
  return Array.from({ length: rowCount }, (_, row) =>
    columns.slice(starts[row], starts[row + 1]).map((column) => row * columnCount + column),
  ).flat();
}

export interface Variant {
  readonly precision: Precision;
  readonly unroll: boolean;
  readonly language: "js" | "ts";
  readonly target?: "wasm";
}

/** Says how a module was compiled. */
export function variantText({ precision, unroll, target }: Variant): string {
  return `${precision} ${target ?? (unroll ? "straight" : "looped")}`;
}

const assemble = await assembler();

export interface Emitted {
  readonly code: string;
  readonly programs: ReadonlyMap<Entry, Program>;
}

/** The module of all entry points. `form`: which of an entry's graphs is emitted. */
export function emit(
  front: Frontend,
  entries: readonly Entry[],
  { precision, unroll, language, target }: Variant,
): Emitted {
  const nests = new NestCache();
  const programs = new Map<Entry, Program>();
  const nameOf = identifierNames(front.origins);
  for (const entry of entries) {
    const isFunction = "function" in entry.owner;
    const held = heldAs(isFunction);
    const program = schedule(entry.emitted, {
      nameOf,
      lineOf: () => null,
      reserved: isReserved,
      taken: takenNames(entry.inputs, entry.emitted, held),
      held,
      nests,
      unroll: unroll && !entry.kind.startsWith("initial"),
      untiled: target === "wasm" && !isFunction && !entry.kind.startsWith("initial"),
      inlinedCalls: inlinedCalls(precision),
    });
    programs.set(entry, program);
  }
  const own = (owner: CheckedFunction | CheckedModel): readonly Entry[] =>
    entries.filter((e) => ("function" in e.owner ? e.owner.function : e.owner.model) === owner);
  const programOf = (entry: Entry): Program => {
    const program = programs.get(entry);
    if (program === undefined) throw new Error("no program");
    return program;
  };
  const parts = {
    functions: front.file.functions.map((checked) => ({
      checked,
      entries: own(checked).map((e) => ({
        kind: e.kind,
        wrt: e.wrt,
        program: programOf(e),
        patterns: patternsOf(e.emitted),
      })),
    })),
    models: front.file.models.map((model) => ({
      info: { model, sourceHash: "0" },
      entries: own(model).map((e) => ({ kind: e.kind, requirements: e.graph.requirements, program: programOf(e) })),
    })),
    precision,
    header: ["fuzz"],
    wasm: target === "wasm" ? { embedded: true, relaxed: false } : null,
  } as unknown as ModuleParts;
  const { module } = withWasm(emitModule(parts, language), assemble);
  return { code: textOf(module.code), programs };
}
