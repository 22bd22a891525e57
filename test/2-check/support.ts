/** Checks a text, and shows what came of it. */
import { parse } from "../../src/1-parse/parse.ts";
import { check, type Checked, type CheckOptions } from "../../src/2-check/check.ts";
import { loadImports } from "../../src/2-check/imports.ts";
import { prelude } from "../../src/2-check/prelude.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { GraphBuilder } from "../../src/ir/builder.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { evaluate } from "../../src/ir/interpreter.ts";
import { Origins } from "../../src/ir/origins.ts";
import type { Value } from "../../src/ir/value.ts";
import { primitives } from "../../src/primitives/index.ts";

export interface Setup extends Partial<Omit<CheckOptions, "builder" | "origins" | "prelude">> {
  readonly files?: Readonly<Record<string, string>>;
  readonly maxNodes?: number;
}

export interface Outcome extends Checked {
  readonly origins: Origins;
  readonly builder: GraphBuilder;
}

export function checkText(text: string, setup: Setup = {}): Outcome {
  const { file, diagnostics } = parse({ path: "model.nn", text });
  const files = new Map(Object.entries(setup.files ?? {}));
  const sources = loadImports(file, (path) => {
    const text = files.get(path);
    return text === undefined ? { reason: "there is no such file" } : { text };
  });
  const builder = new GraphBuilder(primitives, { maxNodes: setup.maxNodes ?? 200_000 });
  const origins = new Origins();
  const outcome = check(
    { ...sources, diagnostics: [...diagnostics, ...sources.diagnostics] },
    {
      set: setup.set ?? {},
      item: setup.item ?? null,
      explain: setup.explain ?? false,
      builder,
      origins,
      prelude,
    },
  );
  return { ...outcome, origins, builder };
}

/** `code line:column message`, as the sample files write faults. */
export function lineOf({ code, span, message }: Diagnostic): string {
  const before = span.source.text.slice(0, span.start).split("\n");
  return `${code} ${before.length}:${(before.at(-1) ?? "").length + 1} ${message}`;
}

/** The results of the file's first exported function for these inputs, with values of its symbolic dims. */
export function evaluateText(
  text: string,
  inputs: Readonly<Record<string, Value>>,
  dims: Readonly<Record<string, number>> = {},
): readonly Value[] {
  const { checked, diagnostics } = checkText(text);
  if (checked === null) throw new Error(diagnostics.map(lineOf).join("\n"));
  const [{ inputs: parameters, results }] = checked.functions;
  const graph: Graph = {
    parameters: parameters.map(({ node }) => node),
    outputs: results.map(({ node }, k) => ({ name: String(k), node, updates: null })),
    requirements: [],
  };
  const values = evaluate(graph, new Map(Object.entries(inputs)), { dims: new Map(Object.entries(dims)) });
  return [...values.values()];
}

/** Shape and entries of a value, to compare with a table. */
export function plain({ shape, data }: Value): { readonly shape: readonly number[]; readonly data: readonly number[] } {
  return { shape, data: [...data] };
}
