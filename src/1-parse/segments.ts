/**
 * An item's tokens as the text the grammar matches. Ohm recurses on nesting, so what stands between brackets a multiple of `depthStep`
 * deep is a segment of its own, matched separately, with a hole in its place.
 */
import { endsValue } from "./tokens.ts";
import type { Token } from "./tokens.ts";

const depthStep = 32;

/** A run of tokens, `start` up to but without `end`, and the rule of derive.ohm it has to match. */
export interface Segment {
  readonly rule: "item" | SegmentRule;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  /** Starts of the segments directly inside, with their ends. */
  readonly holes: ReadonlyMap<number, number>;
}
export type SegmentRule = "statements" | "subscriptList" | "argumentList" | "elementList" | "expression";

/** The segments of tokens[start, end), the innermost first: each one's holes come before it. */
export function segmentsOf(tokens: readonly Token[], start: number, end: number): readonly Segment[] {
  interface Open {
    readonly rule: Segment["rule"];
    readonly start: number;
    readonly depth: number;
    readonly holes: Map<number, number>;
  }
  const segments: Segment[] = [];
  const open: Open[] = [];
  let current: Open = { rule: "item", start, depth: 0, holes: new Map() };
  let depth = 0;
  for (let index = start; index < end; index++) {
    const token = tokens[index];
    if (token.kind !== "operator") continue;
    if (token.text === "(" || token.text === "[" || token.text === "{") {
      depth++;
      if (depth % depthStep === 0) {
        open.push(current);
        current = { rule: ruleInside(token, tokens.at(index - 1)), start: index + 1, depth, holes: new Map() };
      }
    } else if ((token.text === ")" || token.text === "]" || token.text === "}") && depth > 0) {
      if (depth % depthStep === 0) close(index);
      depth--;
    }
  }
  while (open.length > 0) close(end);
  segments.push({ ...current, end });
  return segments;

  function close(index: number): void {
    const outer = open.pop();
    if (outer === undefined) return;
    segments.push({ ...current, end: index });
    outer.holes.set(current.start, index);
    current = outer;
  }
}

function ruleInside(bracket: Token, before: Token | undefined): SegmentRule {
  if (bracket.text === "{") return "statements";
  const afterValue = before !== undefined && endsValue(before);
  if (bracket.text === "[") return afterValue ? "subscriptList" : "elementList";
  return afterValue || before?.text === "repeat" ? "argumentList" : "expression";
}

export interface Encoded {
  readonly text: string;
  /** The token at each offset of `text`, and one beyond the last token at its end. */
  readonly tokenAt: Int32Array;
}

/** Spells a segment as derive.ohm expects it. */
export function encode(tokens: readonly Token[], segment: Segment): Encoded {
  const parts: string[] = [];
  const indices: number[] = [];
  const lengths: number[] = [];
  let length = 0;
  let previous = "";
  const add = (part: string, index: number): void => {
    parts.push(part);
    indices.push(index);
    lengths.push(part.length);
    length += part.length;
  };
  for (let index = segment.start; index < segment.end; index++) {
    const skipTo = segment.holes.get(index);
    if (skipTo !== undefined) {
      add("…", index);
      previous = "…";
      index = skipTo - 1;
      continue;
    }
    const token = tokens[index];
    const part = spelling(token);
    // `= =` must not read as `==`; no rule has a blank, so that the second operator is an error.
    if (token.kind === "operator" && glues(previous, part)) add(" ", index);
    add(part, index);
    previous = part;
  }
  const tokenAt = new Int32Array(length + 1).fill(segment.end);
  let offset = 0;
  for (let part = 0; part < indices.length; part++) {
    const next = offset + (lengths[part] ?? 0);
    tokenAt.fill(indices[part] ?? segment.end, offset, next);
    offset = next;
  }
  return { text: parts.join(""), tokenAt };
}

function spelling(token: Token): string {
  switch (token.kind) {
    case "name":
      return contextual.has(token.text) ? token.text : "$";
    case "number":
      return "#";
    case "text":
      return '"';
    case "bad":
      return "?";
    case "word":
    case "operator":
    case "discard":
    case "end":
      return token.text;
  }
}

function glues(previous: string, next: string): boolean {
  return (next[0] === "=" || next[0] === ">" || next[0] === ".") && /[=<>\-.]$/.test(previous);
}

/** Ordinary names that some place of the grammar reads as keywords; `word` in derive.ohm lists the same. */
export const contextual: ReadonlySet<string> = new Set(
  "input index target train param state next output loss metric max hyper from frozen carry yield bool as".split(" "),
);
