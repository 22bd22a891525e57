/** A syntax tree as text and back: so that the prelude need not be parsed whenever a program is compiled. */
import type { File } from "./ast.ts";
import type { Source } from "../diagnostics/diagnostic.ts";

/** The properties that hold spans; in the text they are `[start, end]`. */
const spanKeys: ReadonlySet<string> = new Set(["span", "pathSpan", "operatorSpan"]);

interface SerialisedSpan {
  readonly start: number;
  readonly end: number;
}

/** The items of a file as JSON; its source and comments are left out. */
export function serialise(file: File): string {
  return JSON.stringify(file.items, (key: string, value: unknown) => {
    if (!spanKeys.has(key)) return value;
    const { start, end } = value as SerialisedSpan;
    return [start, end];
  });
}

/** The file that `serialise` was given, but for its comments. */
export function revive(items: string, source: Source): File {
  const parsed: unknown = JSON.parse(items);
  reviveSpans(parsed, source);
  return { source, items: parsed as File["items"], comments: [] };
}

/** Replaces spans in place: the tree is fresh from JSON.parse and nobody else's. */
function reviveSpans(value: unknown, source: Source): void {
  if (Array.isArray(value)) {
    for (const element of value) reviveSpans(element, source);
  } else if (typeof value === "object" && value !== null) {
    const node = value as Record<string, unknown>;
    for (const key in node) {
      const field = node[key];
      if (spanKeys.has(key)) {
        const [start, end] = field as [number, number];
        node[key] = { source, start, end };
      } else if (typeof field === "object") reviveSpans(field, source);
    }
  }
}
