/** What is checked: the checked program and the graph of each entry point, as the emitted module computes it. */
import type { File } from "../1-parse/ast.ts";
import { parse } from "../1-parse/parse.ts";
import { check } from "../2-check/check.ts";
import type { CheckedFile } from "../2-check/checked.ts";
import { loadImports, reader } from "../2-check/imports.ts";
import { loadPrelude } from "../2-check/prelude.ts";
import { lower } from "../3-lower/lower.ts";
import type { LoweredFile } from "../3-lower/lowered.ts";
import { differentiate } from "../4-differentiate/differentiate.ts";
import { eraseMarks } from "../4-differentiate/marks.ts";
import { simplifier } from "../5-simplify/simplify.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Graph } from "../ir/graph.ts";
import { Origins } from "../ir/origins.ts";
import { createBuilder } from "../primitives/index.ts";

export interface SessionOptions {
  /** As the user gave it; imports are resolved against it. */
  readonly path: string;
  /** The text of an imported file; throws where there is none. */
  readonly read?: (path: string) => string;
  /** Overridden consts, by `name` or `Model.name`. */
  readonly set?: Readonly<Record<string, string>>;
  /** The function or model to check; all of a file without it. */
  readonly item?: string;
  readonly maxNodes?: number;
}

export interface Session {
  readonly file: File;
  readonly checked: CheckedFile;
  readonly lowered: LoweredFile;
  readonly builder: GraphBuilder;
  readonly origins: Origins;
  /** Differentiated and simplified: the graph that the module is made from. */
  readonly settled: (graph: Graph) => Graph;
}

/** The program's session; null where it has errors. */
export function openSession(
  source: string,
  options: SessionOptions,
): { readonly session: Session | null; readonly diagnostics: readonly Diagnostic[] } {
  const { file, diagnostics: syntax } = parse({ path: options.path, text: source });
  const builder = createBuilder({ maxNodes: options.maxNodes ?? 1_000_000 });
  const origins = new Origins();
  const { checked, diagnostics: found } = check(loadImports(file, reader(options.read)), {
    set: options.set ?? {},
    item: options.item ?? null,
    precision: "f32",
    builder,
    origins,
    prelude: loadPrelude(),
  });
  const diagnostics = [...syntax, ...found];
  if (checked === null || diagnostics.some(({ severity }) => severity === "error"))
    return { session: null, diagnostics };
  const onReplace = origins.merge.bind(origins);
  const simplified = simplifier(builder, { onReplace });
  const known = new Map<Graph, Graph>();
  const settled = (graph: Graph): Graph => {
    const before = known.get(graph);
    if (before !== undefined) return before;
    const derived = differentiate(simplified(graph), builder, { onReplace });
    const result = simplified(eraseMarks(derived, builder, onReplace));
    known.set(graph, result);
    return result;
  };
  const lowered = lower(checked, builder, origins);
  return { session: { file, checked, lowered, builder, origins, settled }, diagnostics };
}
