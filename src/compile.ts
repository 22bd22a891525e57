/** The compiler: source text -> a TypeScript module, as one list of passes. Touches no file system. */
import { parse } from "./1-parse/parse.ts";
import { printAst } from "./1-parse/print.ts";
import { check } from "./2-check/check.ts";
import type { CheckedFunction, CheckedInput, CheckedModel } from "./2-check/checked.ts";
import { loadImports, reader } from "./2-check/imports.ts";
import { prelude } from "./2-check/prelude.ts";
import { lower } from "./3-lower/lower.ts";
import type { LoweredFile } from "./3-lower/lowered.ts";
import { checkpointLoops } from "./4-differentiate/checkpoint.ts";
import { differentiate } from "./4-differentiate/differentiate.ts";
import { TooManyEntries } from "./4-differentiate/pattern.ts";
import { sparseDerivatives } from "./4-differentiate/sparse.ts";
import { UnboundedLoop } from "./4-differentiate/loop.ts";
import { eraseMarks } from "./4-differentiate/marks.ts";
import { tidyLoops } from "./5-simplify/loops.ts";
import { simplifier } from "./5-simplify/simplify.ts";
import { lineComments } from "./6-schedule/comments.ts";
import { NestCache } from "./6-schedule/nest-cache.ts";
import { schedule } from "./6-schedule/schedule.ts";
import { headerOf, parameterCount, sourceHash } from "./7-emit/header.ts";
import { clashes } from "./7-emit/typescript/clashes.ts";
import { heldAs, identifierNames, isReserved, takenNames } from "./7-emit/typescript/identifiers.ts";
import { patternsOf } from "./7-emit/typescript/functions.ts";
import { inlinedCalls } from "./7-emit/typescript/kernels.ts";
import { asPrinted, layOut } from "./7-emit/typescript/layout.ts";
import { emitModule, withWasm, type ModuleParts } from "./7-emit/typescript/module.ts";
import { assembler } from "./7-emit/wasm/assemble.ts";
import type { Diagnostic, Source } from "./diagnostics/diagnostic.ts";
import { diagnostic } from "./diagnostics/report.ts";
import { NodeLimit, type GraphBuilder } from "./ir/builder.ts";
import * as dims from "./ir/dim.ts";
import { DimensionLimit } from "./ir/dim-polynomial.ts";
import type { Graph } from "./ir/graph.ts";
import { Origins } from "./ir/origins.ts";
import type { Program } from "./ir/program.ts";
import { verify } from "./ir/verifier.ts";
import type { CompileInfo, CompileOptions, CompileResult } from "./options.ts";
import { createBuilder, primitives } from "./primitives/index.ts";
import { Printer } from "./printed.ts";

export type { CompileInfo, CompileOptions, CompileResult, Stage } from "./options.ts";

/** What the passes over one source share. */
interface Session {
  readonly builder: GraphBuilder;
  readonly origins: Origins;
  readonly printed: Printer;
  readonly options: CompileOptions;
  readonly source: Source;
  /** Entry points share normal forms and loop nests. */
  readonly simplified: (graph: Graph) => Graph;
  readonly nests: NestCache;
}

/** Compiles one source. Errors in the user's program are diagnostics; anything thrown is a fault of derive itself. */
export async function compile(source: string, options: CompileOptions): Promise<CompileResult> {
  const { path, set = {}, item = null, precision = "f32", emit = "ts", maxNodes = 200_000 } = options;
  const { target = "ts", relaxed = false, checkpoint = false } = options;
  const origins = new Origins();
  const builder = createBuilder({ maxNodes });
  const printed = new Printer(options.print ?? null);
  const nothing = { code: null, declarations: null, wasm: null, info: null };

  const { file, diagnostics: syntax } = parse({ path, text: source });
  printed.ast(() => printAst(file));
  const sources = loadImports(file, reader(options.read));
  const { checked, diagnostics: found } = check(sources, {
    set,
    item,
    precision,
    builder,
    origins,
    prelude,
  });
  const diagnostics = [...syntax, ...found];
  if (checked === null || hasErrors(diagnostics)) return { ...nothing, diagnostics, printed: printed.text() };
  if (checked.functions.length === 0 && checked.models.length === 0) {
    diagnostics.push(diagnostic("nothing-to-generate", {}, { source: file.source, start: 0, end: 0 }));
    return { ...nothing, diagnostics, printed: printed.text() };
  }

  const hash = sourceHash(source);
  const simplified = simplifier(builder, {
    onReplace: origins.merge.bind(origins),
    trace: printed.trace(options),
    ...(options.disable === undefined ? {} : { disable: options.disable }),
  });
  const session: Session = {
    builder,
    origins,
    printed,
    options,
    source: file.source,
    simplified,
    nests: new NestCache(),
  };
  const first = checked.functions.at(0) ?? checked.models[0];
  const programs = withinLimits(first, builder, () => programsOf(lower(checked, builder, origins), hash, session));
  if (isDiagnostic(programs)) diagnostics.push(programs);
  else diagnostics.push(...clashes(programs));
  if (isDiagnostic(programs) || hasErrors(diagnostics)) return { ...nothing, diagnostics, printed: printed.text() };

  const info: CompileInfo = {
    functions: checked.functions.map(({ name, wanted }) => ({ name, derivatives: wanted.map(({ kind }) => kind) })),
    models: checked.models.map((model) => ({ name: model.name, parameters: parameterCount(model) })),
    sourceHash: hash,
  };
  if (options.print !== undefined && options.print !== "wat")
    return { ...nothing, diagnostics, info, printed: printed.text() };
  const header = headerOf({ path, precision, checkpoint, set, target, relaxed }, programs);
  const wasm = target === "ts" ? null : { embedded: target === "wasm", relaxed };
  const emitted = emitModule({ ...programs, precision, header, wasm }, emit);
  if (options.print === "wat") return { ...nothing, diagnostics, info, printed: emitted.wasm?.plain ?? "" };
  const { module, bytes } = emitted.wasm === null ? { module: emitted, bytes: null } : withWasm(emitted, await assembler()); // prettier-ignore
  const text = options.format === false ? asPrinted(module) : await layOut(module);
  return { ...text, wasm: bytes, diagnostics, info, printed: printed.text() };
}

/** An item whose derivatives are larger than the language allows. */
class TooLarge extends Error {
  readonly diagnostic: Diagnostic;

  constructor(found: Diagnostic) {
    super(found.message);
    this.diagnostic = found;
  }
}

/** What `make` gives, or the fault where what it makes of an item passes the limits of graphs and dimensions. */
function withinLimits<T>(item: Named, builder: GraphBuilder, make: () => T): T | Diagnostic {
  try {
    return make();
  } catch (error) {
    if (error instanceof TooLarge) return error.diagnostic;
    if (error instanceof NodeLimit)
      return diagnostic("too-many-nodes", { what: `\`${item.name}\``, limit: builder.maxNodes }, item.span);
    if (error instanceof UnboundedLoop) return diagnostic("while-without-max", { item: item.name }, item.span, { help: "write `max N` after `carry ...`, or ask for `jvp`" }); // prettier-ignore
    if (error instanceof TooManyEntries)
      return diagnostic("sparse-too-large", { item: item.name, found: error.found, limit: builder.maxNodes }, item.span); // prettier-ignore
    if (error instanceof DimensionLimit) return diagnostic("dim-too-large", { reason: error.message }, item.span);
    throw error;
  }
}

/** As `withinLimits`, for one of several items: the fault is thrown. */
function limited<T extends object>(item: Named, builder: GraphBuilder, make: () => T): T {
  const made = withinLimits(item, builder, make);
  if (isDiagnostic(made)) throw new TooLarge(made);
  return made;
}

/** Throws TooLarge where a result, such as a matrix of second derivatives, has more elements than a tensor may. */
function checkResults({ name, span }: Named, kind: string, graph: Graph): void {
  for (const { node } of graph.outputs) {
    const elements = node.shape.reduce((count, dim) => count * (dims.constantOf(dim) ?? 1), 1);
    if (elements <= 2 ** 31) continue;
    const shape = `${dims.printShape(node.shape)} (${kind} of \`${name}\`)`;
    throw new TooLarge(diagnostic("tensor-too-large", { shape, elements: String(elements) }, span));
  }
}

type Named = Pick<CheckedFunction | CheckedModel, "name" | "span">;

function isDiagnostic(value: object): value is Diagnostic {
  return "severity" in value && "code" in value;
}

/** Every entry point of a file, from its graph to its program. */
function programsOf(lowered: LoweredFile, hash: string, session: Session): Pick<ModuleParts, "functions" | "models"> {
  const functions = lowered.functions.map(({ checked, entries }) => ({
    checked,
    entries: entries.map(({ kind, wrt, graph }) => {
      const label = `${checked.name} ${kind}`;
      checkResults(checked, kind, graph);
      return limited(checked, session.builder, () => {
        const settled = passes(label, graph, session);
        const program = toProgram(settled, label, checked.inputs, true, true, session);
        return { kind, wrt, program, patterns: patternsOf(settled) };
      });
    }),
  }));
  const models = lowered.models.map(({ checked, entries }) => ({
    info: { model: checked, sourceHash: hash },
    entries: entries.map(({ kind, graph }) => {
      const label = `${checked.name} ${kind}`;
      const inputs = [...checked.inputs, ...checked.targets];
      // Initial values are drawn once: compact loops serve better than straight-line code.
      const unroll = !kind.startsWith("initial");
      const program = limited(checked, session.builder, () =>
        toProgram(passes(label, graph, session), label, inputs, false, unroll, session),
      );
      return { kind, requirements: graph.requirements, program };
    }),
  }));
  return { functions, models };
}

/** The passes on graphs, the verifier after each of them if it is asked for. */
function passes(label: string, graph: Graph, session: Session): Graph {
  const { builder, origins, printed, options, simplified } = session;
  const onReplace = origins.merge.bind(origins);
  const steps: readonly (readonly [shown: "gradient" | "simplified" | null, pass: (g: Graph) => Graph])[] = [
    [null, simplified], // between marks
    ...(options.checkpoint === true ? [[null, (g: Graph) => checkpointLoops(g, builder, onReplace)] as const] : []),
    [null, (g) => differentiate(g, builder, { onReplace })],
    ["gradient", (g) => sparseDerivatives(g, builder, builder.maxNodes)],
    [null, (g) => eraseMarks(g, builder, onReplace)],
    [null, (g) => tidyLoops(g, builder, onReplace)],
    ["simplified", (g) => tidyLoops(simplified(g), builder, onReplace, true)],
  ];
  printed.graph("graph", label, graph, origins);
  return steps.reduce((before, [shown, pass]) => {
    const after = pass(before);
    if (options.verify === true) verify(after, primitives);
    if (shown !== null) printed.graph(shown, label, after, origins);
    return after;
  }, graph);
}

/** Schedules a graph that has been through the passes. `isFunction`: an entry point of a function rather than a model. */
function toProgram(
  graph: Graph,
  label: string,
  inputs: readonly CheckedInput[],
  isFunction: boolean,
  unroll: boolean,
  { origins, printed, source, nests, options }: Session,
): Program {
  const held = heldAs(isFunction);
  const taken = takenNames(inputs, graph, held);
  const names = {
    nameOf: identifierNames(origins),
    lineOf: lineComments(origins, source),
    reserved: isReserved,
    taken,
  };
  const program = schedule(graph, {
    ...names,
    held,
    nests,
    unroll,
    untiled: !isFunction && unroll && options.target !== undefined && options.target !== "ts",
    inlinedCalls: inlinedCalls(options.precision ?? "f32"),
  });
  printed.program(label, program);
  return program;
}

function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}
