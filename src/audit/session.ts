/** What is checked: the checked program and the graph of each entry point, as the emitted module computes it. */
import type { File } from "../1-parse/ast.ts";
import { checkedSource, type SourceOptions } from "../2-check/checked-source.ts";
import type { CheckedFile } from "../2-check/checked.ts";
import { lower } from "../3-lower/lower.ts";
import type { LoweredFile } from "../3-lower/lowered.ts";
import { checkpointLoops } from "../4-differentiate/checkpoint.ts";
import { differentiate } from "../4-differentiate/differentiate.ts";
import { sparseDerivatives } from "../4-differentiate/sparse.ts";
import { eraseMarks } from "../4-differentiate/marks.ts";
import { simplifier } from "../5-simplify/simplify.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import type { Graph } from "../ir/graph.ts";
import type { Origins } from "../ir/origins.ts";

export interface Session {
  readonly file: File;
  readonly checked: CheckedFile;
  readonly lowered: LoweredFile;
  readonly builder: GraphBuilder;
  readonly origins: Origins;
  /** Differentiated and simplified: the graph that the module is made from. */
  readonly settled: (graph: Graph) => Graph;
}

/** The program's session; null where it has errors. `checkpoint`: as of `compile`. */
export function openSession(
  source: string,
  options: SourceOptions,
  checkpoint = false,
): { readonly session: Session | null; readonly diagnostics: readonly Diagnostic[] } {
  const { file, checked, diagnostics, builder, origins } = checkedSource(source, options, { precision: "f32" });
  if (checked === null) return { session: null, diagnostics };
  const onReplace = origins.merge.bind(origins);
  const simplified = simplifier(builder, { onReplace });
  const known = new Map<Graph, Graph>();
  const settled = (graph: Graph): Graph => {
    const before = known.get(graph);
    if (before !== undefined) return before;
    const cut = checkpoint ? checkpointLoops(simplified(graph), builder, onReplace) : simplified(graph);
    const derived = sparseDerivatives(differentiate(cut, builder, { onReplace }), builder, Infinity);
    const result = simplified(eraseMarks(derived, builder, onReplace));
    known.set(graph, result);
    return result;
  };
  const lowered = lower(checked, builder, origins);
  return { session: { file, checked, lowered, builder, origins, settled }, diagnostics };
}
