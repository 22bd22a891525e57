/** Which lines of the source a kernel came from, for the comments of generated code. */
import { lineOf, lineStarts, lineText } from "../diagnostics/position.ts";
import type { Source } from "../diagnostics/diagnostic.ts";
import type { Node } from "../ir/graph.ts";
import type { Origins } from "../ir/origins.ts";

/** Node -> `digits.nn:14: h = relu(dense(x, hidden))`, or null for nodes that no line of the file stands for. */
export function lineComments(origins: Origins, source: Source): (node: Node) => string | null {
  const starts = lineStarts(source.text);
  const file = source.path.split(/[\\/]/).at(-1) ?? source.path;
  return (node) => {
    const span = origins.spansOf(node).find((s) => s.source === source);
    if (span === undefined) return null;
    const line = lineOf(starts, span.start);
    const text = lineText(source.text, starts, line).replace(/\s*\/\/.*$/, "").trim(); // prettier-ignore
    return `${file}:${line + 1}: ${text}`;
  };
}
