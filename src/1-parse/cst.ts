/** Access to ohm's parse nodes, with positions in the source instead of in the token text. */
import { SyntaxFault, fault } from "./fault.ts";
import type { Node } from "ohm-js";
import type { Argument, Expression, Name, Statement, Subscript } from "./ast.ts";
import type { Source, Span } from "../diagnostics/diagnostic.ts";
import type { SyntaxCode } from "./fault.ts";
import type { syntax } from "../diagnostics/catalogue/syntax.ts";
import type { Token } from "./tokens.ts";

/** What a segment of an item was built to. */
export interface Built {
  readonly statements?: readonly Statement[];
  readonly subscriptList?: readonly Subscript[];
  readonly argumentList?: readonly Argument[];
  readonly elementList?: readonly Expression[];
  readonly expression?: Expression;
}

export class Cst {
  readonly source: Source;
  private readonly tokens: readonly Token[];
  private readonly tokenAt: Int32Array;
  private readonly holes: ReadonlyMap<number, Built>;

  constructor(source: Source, tokens: readonly Token[], tokenAt: Int32Array, holes: ReadonlyMap<number, Built>) {
    this.source = source;
    this.tokens = tokens;
    this.tokenAt = tokenAt;
    this.holes = holes;
  }

  /** The index of the first token of a node. */
  firstIndex(node: Node): number {
    return this.tokenAt[node.source.startIdx];
  }

  token(index: number): Token {
    return this.tokens[index];
  }

  span(node: Node): Span {
    const { startIdx, endIdx } = node.source;
    const first = this.token(this.tokenAt[startIdx]);
    if (endIdx <= startIdx) return { source: this.source, start: first.start, end: first.start };
    return { source: this.source, start: first.start, end: this.token(this.tokenAt[endIdx - 1]).end };
  }

  /** From the start of one node to the end of another. */
  between(first: Span, last: Span): Span {
    return { source: this.source, start: first.start, end: last.end };
  }

  name(node: Node): Name {
    const token = this.token(this.firstIndex(node));
    return { text: token.text, span: { source: this.source, start: token.start, end: token.end } };
  }

  /** What was built for the segment that starts at this hole. */
  hole<R extends keyof Built>(node: Node, rule: R): NonNullable<Built[R]> {
    const built = this.holes.get(this.firstIndex(node))?.[rule];
    if (built === undefined) throw new Error(`internal: expected a segment of ${rule}`);
    return built;
  }

  fail<C extends SyntaxCode>(
    code: C,
    span: Span,
    args: Parameters<(typeof syntax)[C]["message"]>,
    help: string | null = null,
    related: readonly { readonly span: Span; readonly label: string }[] = [],
  ): never {
    throw new SyntaxFault(fault(code, span, args, help, related));
  }
}

/** The child at an index; the grammar guarantees that it is there. */
export function child(node: Node, index: number): Node {
  return node.child(index);
}

/** The node inside `x?`, or null. */
export function optional(node: Node): Node | null {
  return node.children[0] ?? null;
}

/** All the `x` of `x ("," x)*`, given the first and the rest. */
export function listed(first: Node, rest: Node): readonly Node[] {
  return [first, ...rest.children];
}

/** All the `x` of `(x ("," x)* ","?)?`, whose first child is at `at` (then the commas, the rest, the last comma). */
export function listedOptional(node: Node, at = 0): readonly Node[] {
  const first = optional(node.child(at));
  if (first === null) return [];
  return [first, ...(node.child(at + 2).children[0]?.children ?? [])];
}
