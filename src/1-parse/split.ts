/** A file is split into items before anything is parsed, so that an error in one leaves the others. */
import { itemWords } from "./tokens.ts";
import type { Comment } from "./ast.ts";
import type { Token } from "./tokens.ts";

/** Tokens[start, end) that are one item, or what stands where an item should. */
export interface Part {
  readonly start: number;
  readonly end: number;
  /** The `///` lines above it, without the slashes. */
  readonly doc: string | null;
}

/**
 * Splits at item words that start a line outside of braces. An item word that starts a line no further right than the item it is in splits
 * too: no item may stand inside another one, so a `}` is missing above it, and the items below need not suffer.
 */
export function split(text: string, tokens: readonly Token[], comments: readonly Comment[]): readonly Part[] {
  const starts: number[] = [];
  let depth = 0;
  let indent = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.kind === "end") break;
    if (token.kind === "operator") {
      if (token.text === "{") depth++;
      else if (token.text === "}") depth = Math.max(0, depth - 1);
    }
    const first = starts.length === 0;
    const startsItem = token.kind === "word" && token.newline && itemWords.has(token.text);
    if (first || (startsItem && (depth === 0 || (token.text !== "const" && columnOf(text, token) <= indent)))) {
      starts.push(index);
      indent = columnOf(text, token);
      if (startsItem) depth = 0;
    }
  }
  const docs = comments.filter(({ kind }) => kind === "doc");
  let nextDoc = 0;
  return starts.map((start, index) => {
    const from = start === 0 ? 0 : tokens[start - 1].end;
    const to = tokens[start].start;
    const lines: string[] = [];
    for (let doc = docs.at(nextDoc); doc !== undefined && doc.span.start < to; doc = docs.at(++nextDoc)) {
      if (doc.span.start >= from) lines.push(doc.text.slice(3).replace(/^ /, "").trimEnd());
    }
    return { start, end: starts[index + 1] ?? tokens.length - 1, doc: lines.length === 0 ? null : lines.join("\n") };
  });
}

function columnOf(text: string, token: Token): number {
  let column = 0;
  while (column < token.start && !/[\n\r\u2028\u2029]/.test(text.charAt(token.start - column - 1))) column++;
  return column;
}
