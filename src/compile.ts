/** The compiler: source text -> a TypeScript module, as one list of passes. Touches no file system. */
import { parse } from "./1-parse/parse.ts";
import { printAst } from "./1-parse/print.ts";
import type { CheckedInput } from "./2-check/checked.ts";
import { check } from "./2-check/check.ts";
import { loadImports } from "./2-check/imports.ts";
import { loadPrelude } from "./2-check/prelude.ts";
import { lower } from "./3-lower/lower.ts";
import type { LoweredFile } from "./3-lower/lowered.ts";
import { differentiate } from "./4-differentiate/differentiate.ts";
import { eraseMarks } from "./4-differentiate/marks.ts";
import { simplify } from "./5-simplify/simplify.ts";
import { lineComments } from "./6-schedule/comments.ts";
import { NestCache } from "./6-schedule/nest-cache.ts";
import { schedule } from "./6-schedule/schedule.ts";
import { emitModule, type ModuleParts } from "./7-emit/typescript/module.ts";
import {
  clashes,
  headerOf,
  heldAs,
  identifierNames,
  isReserved,
  layOutCode,
  sourceHash,
  takenNames,
} from "./assemble.ts";
import type { Source } from "./diagnostics/diagnostic.ts";
import type { GraphBuilder } from "./ir/builder.ts";
import type { Graph } from "./ir/graph.ts";
import { Origins } from "./ir/origins.ts";
import type { Program } from "./ir/program.ts";
import { verify } from "./ir/verifier.ts";
import type { CompileInfo, CompileOptions, CompileResult } from "./options.ts";
import { createBuilder, primitives } from "./primitives/index.ts";
import { Printer } from "./printed.ts";

export type { CompileInfo, CompileOptions, CompileResult, Stage } from "./options.ts";

/** Compiles one source. Errors in the user's program are diagnostics; anything thrown is a fault of derive itself. */
export async function compile(source: string, options: CompileOptions): Promise<CompileResult> {
  const { file, diagnostics: syntax } = parse({ path: options.path, text: source });
  const printed = new Printer(options.print ?? null);
  printed.ast(() => printAst(file));
  const sources = loadImports(file, readOrNull(options));
  const origins = new Origins();
  const builder = createBuilder({ maxNodes: options.maxNodes ?? 200_000 });
  const { checked, diagnostics: found } = check(sources, {
    set: options.set ?? {},
    item: options.item ?? null,
    builder,
    origins,
    prelude: loadPrelude(),
  });
  const diagnostics = [...syntax, ...found];
  const failed = (): CompileResult => ({
    code: null,
    declarations: null,
    diagnostics,
    info: null,
    printed: printed.text(),
  });
  if (checked === null || syntax.some((d) => d.severity === "error")) return failed();

  const lowered = lower(checked, builder, origins);
  const programs = scheduleAll(lowered, file.source, builder, origins, options, printed);
  diagnostics.push(...clashes(programs));
  if (diagnostics.some((d) => d.severity === "error")) return failed();

  const hash = sourceHash(source);
  const info: CompileInfo = {
    functions: checked.functions.map((f) => ({ name: f.name, derivatives: f.wanted.map((w) => w.kind) })),
    models: checked.models.map((m) => ({
      name: m.name,
      parameters: m.parameters.reduce((n, p) => n + p.shape.reduce((a, b) => a * b, 1), 0),
    })),
    sourceHash: hash,
  };
  if (options.print !== undefined)
    return { code: null, declarations: null, diagnostics, info, printed: printed.text() };
  const parts: ModuleParts = {
    functions: programs.functions,
    models: programs.models.map((m) => ({ info: { model: m.model, sourceHash: hash }, entries: m.entries })),
    precision: options.precision ?? "f32",
    header: headerOf(options, programs),
  };
  const { code, declarations } = await layOutCode(emitModule(parts, options.emit ?? "ts"), options);
  return { code, declarations, diagnostics, info, printed: printed.text() };
}

export interface Programs {
  readonly functions: ModuleParts["functions"];
  readonly models: readonly {
    readonly model: LoweredFile["models"][number]["checked"];
    readonly entries: ModuleParts["models"][number]["entries"];
  }[];
}

/** Every entry point from its graph to its program. */
function scheduleAll(
  lowered: LoweredFile,
  source: Source,
  b: GraphBuilder,
  origins: Origins,
  options: CompileOptions,
  printed: Printer,
): Programs {
  const nameOf = identifierNames(origins);
  const lineOf = lineComments(origins, source);
  const nests = new NestCache();
  const run = (
    label: string,
    graph: Graph,
    inputs: readonly CheckedInput[],
    isFunction: boolean,
    unroll = true,
  ): Program => {
    const final = passes(label, graph, b, origins, options, printed);
    const taken = takenNames(inputs, final);
    const program = schedule(final, {
      held: heldAs(isFunction),
      nameOf,
      reserved: isReserved,
      lineOf,
      nests,
      unroll,
      taken,
    });
    printed.program(label, program);
    return program;
  };
  return {
    functions: lowered.functions.map(({ checked, entries }) => ({
      checked,
      entries: entries.map((e) => ({
        kind: e.kind,
        wrt: e.wrt,
        program: run(`${checked.name} ${e.kind}`, e.graph, checked.inputs, true),
      })),
    })),
    models: lowered.models.map(({ checked, entries }) => ({
      model: checked,
      entries: entries.map((e) => ({
        kind: e.kind,
        // Initial values are drawn once: compact loops serve better than straight-line code.
        program: run(
          `${checked.name} ${e.kind}`,
          e.graph,
          [...checked.inputs, ...checked.targets],
          false,
          !e.kind.startsWith("initial"),
        ),
      })),
    })),
  };
}

/** The passes on graphs: lower -> simplify between marks -> differentiate -> erase marks -> simplify. */
function passes(
  label: string,
  graph: Graph,
  b: GraphBuilder,
  origins: Origins,
  options: CompileOptions,
  printed: Printer,
): Graph {
  const onReplace = origins.merge.bind(origins);
  const simplified = (g: Graph): Graph =>
    simplify(g, b, { onReplace, trace: printed.trace(options), ...disabled(options) });
  const steps: readonly (readonly [stage: "gradient" | "simplified" | null, pass: (g: Graph) => Graph])[] = [
    [null, simplified],
    ["gradient", (g) => differentiate(g, b, { onReplace })],
    [null, (g) => eraseMarks(g, b, onReplace)],
    ["simplified", simplified],
  ];
  printed.graph("graph", label, graph, origins);
  return steps.reduce((g, [stage, pass]) => {
    const next = pass(g);
    if (options.verify === true) verify(next, primitives);
    if (stage !== null) printed.graph(stage, label, next, origins);
    return next;
  }, graph);
}

function disabled(options: CompileOptions): { readonly disable?: ReadonlySet<string> } {
  return options.disable === undefined ? {} : { disable: options.disable };
}

/** Reading of imports: null where there is no such file. */
function readOrNull({ read }: CompileOptions): (path: string) => string | null {
  return (path) => {
    if (read === undefined) return null;
    try {
      return read(path);
    } catch {
      return null;
    }
  };
}
