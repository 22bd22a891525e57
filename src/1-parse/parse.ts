import { makeRecipe } from "ohm-js";
import { ItemBuilder } from "./build.ts";
import { commentOperands } from "./comment-operand.ts";
import { Cst } from "./cst.ts";
import { explain } from "./explain/explain.ts";
import { SyntaxFault, fault } from "./fault.ts";
import { recipe } from "./grammar.generated.ts";
import { nestingLimit, tokensTooDeep, treeTooDeep } from "./nesting.ts";
import { scan } from "./scan.ts";
import { encode, segmentsOf } from "./segments.ts";
import { split } from "./split.ts";
import type { MatchResult, Node } from "ohm-js";
import type { File, Item, Name } from "./ast.ts";
import type { Built } from "./cst.ts";
import type { Failure } from "./explain/explain.ts";
import type { Diagnostic, Source } from "../diagnostics/diagnostic.ts";
import type { Encoded, Segment } from "./segments.ts";
import type { Part } from "./split.ts";
import type { Token } from "./tokens.ts";

declare module "ohm-js" {
  // Public, but missing from ohm's own declarations.
  export function makeRecipe(json: string): Grammar;
  export interface FailedMatchResult {
    getRightmostFailures(): readonly { readonly text: string; readonly type: "description" | "string" | "code" }[];
  }
}

const grammar = makeRecipe(recipe);
const semantics = grammar.createSemantics();

const sourceLimit = 1_048_576;
/** Far above what the limit on graph nodes lets through; keeps memory in bounds (the parser takes about 2 KB a token). */
const tokenLimit = 200_000;

/** So many items with errors are explained; the rest of the file is not read. */
const faultLimit = 100;

export interface Parsed {
  /** All items that are well formed. */
  readonly file: File;
  /** One error an item at most, and warnings; in the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Text -> AST. Never throws; an item with a syntax error is left out of the file and its name stands in `file.broken`, so that whoever
 * refers to it can stay silent. Limits (1 MB, nesting of 200) are errors of their own.
 */
export function parse(source: Source): Parsed {
  const bytes = source.text.length * 3 > sourceLimit ? new TextEncoder().encode(source.text).length : 0;
  if (bytes > sourceLimit) {
    const file: File = { source, items: [], comments: [], broken: [] };
    return { file, diagnostics: [fault("source-too-large", { source, start: 0, end: 0 }, [{ bytes }])] };
  }
  const { tokens, comments } = scan(source);
  const items: Item[] = [];
  const broken: Name[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const part of split(source.text, tokens, comments)) {
    const result = diagnostics.length < faultLimit ? parseItem(source, tokens, part) : unread(source, tokens, part);
    if ("code" in result) {
      if (diagnostics.length <= faultLimit) diagnostics.push(result);
      const name = nameOf(source, tokens, part);
      if (name !== null) broken.push(name);
    } else items.push(result);
  }
  const all = [...diagnostics, ...commentOperands(source, { tokens, comments }, isExpression)];
  all.sort((a, b) => a.span.start - b.span.start);
  return { file: { source, items, comments, broken }, diagnostics: all };
}

/** Stands for all that is wrong behind the last reported error. */
function unread(source: Source, tokens: readonly Token[], part: Part): Diagnostic {
  const { start, end } = tokens[part.start];
  return fault(
    "too-many-errors",
    { source, start, end },
    [{ limit: faultLimit }],
    "correct what is reported above first",
  );
}

function parseItem(source: Source, tokens: readonly Token[], part: Part): Item | Diagnostic {
  const { start, end } = part;
  const first = tokens[start];
  if (end - start > tokenLimit) {
    const span = { source, start: first.start, end: first.end };
    return fault("item-too-long", span, [{ tokens: end - start, limit: tokenLimit }], "divide it");
  }
  const tooDeep = tokensTooDeep(source, tokens, start, end);
  if (tooDeep !== null) return tooDeep;
  try {
    const matched = segmentsOf(tokens, start, end).map((segment) => match(tokens, segment));
    const failures = matched.filter(({ result }) => result.failed());
    if (failures.length > 0) {
      const [earliest] = failures.map(failureOf).sort((a, b) => a.token - b.token);
      return explain(source, tokens, part, earliest);
    }
    const built = new Map<number, Built>();
    let item: Item | null = null;
    for (const { segment, encoded, result } of matched) {
      const builder = new ItemBuilder(new Cst(source, tokens, encoded.tokenAt, built));
      const root = semantics(result) as unknown as Node;
      if (segment.rule === "item") item = builder.item(root, part.doc);
      else built.set(segment.start, builder.segment(root, segment.rule));
    }
    if (item === null) throw new Error("internal: an item without its own segment");
    return treeTooDeep(item) ?? item;
  } catch (error) {
    if (error instanceof SyntaxFault) return error.diagnostic;
    // Nesting within the limits takes a bounded part of an ordinary stack; a caller may have left less than that.
    if (error instanceof RangeError) {
      return fault("nesting-too-deep", { source, start: first.start, end: first.end }, [{ limit: nestingLimit }]);
    }
    throw error;
  }
}

function isExpression(tokens: readonly Token[]): boolean {
  const segment: Segment = { rule: "expression", start: 0, end: tokens.length, depth: 0, holes: new Map() };
  return match(tokens, segment).result.succeeded();
}

interface Matched {
  readonly segment: Segment;
  readonly encoded: Encoded;
  readonly result: MatchResult;
}

function match(tokens: readonly Token[], segment: Segment): Matched {
  const encoded = encode(tokens, segment);
  return { segment, encoded, result: grammar.match(encoded.text, segment.rule) };
}

function failureOf({ encoded, result }: Matched): Failure {
  if (!result.failed()) throw new Error("internal: not a failure");
  const token = encoded.tokenAt[result.getRightmostFailurePosition()];
  const spelled = result.getRightmostFailures().filter(({ type }) => type === "string");
  return { token, expected: new Set(spelled.map(({ text }) => text)) };
}

/** The name that an item would have bound. */
function nameOf(source: Source, tokens: readonly Token[], part: Part): Name | null {
  const word = tokens[part.start];
  const name = tokens.at(part.start + 1);
  if (word.kind !== "word" || word.text === "derive" || name?.kind !== "name") return null;
  return { text: name.text, span: { source, start: name.start, end: name.end } };
}
