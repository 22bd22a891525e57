/** Where a match of the grammar failed, with what the explanations look at. */
import { fault } from "../fault.ts";
import { endsValue } from "../tokens.ts";
import type { Diagnostic, Source, Span } from "../../diagnostics/diagnostic.ts";
import type { SyntaxCode } from "../fault.ts";
import type { syntax } from "../../diagnostics/catalogue/syntax.ts";
import type { Token } from "../tokens.ts";

/** A construct that is open at the failure: a bracket, an `if` that waits for `then` or `else`, a loop that waits for its block. */
export interface Open {
  readonly kind: "(" | "[" | "{" | "then" | "else" | "loop";
  readonly index: number;
}

/** One explanation: the diagnostic, or null where it does not apply. */
export type Rule = (at: Place) => Diagnostic | null;

export const closers: Readonly<Record<"(" | "[" | "{", string>> = { "(": ")", "[": "]", "{": "}" };

export class Place {
  readonly source: Source;
  readonly tokens: readonly Token[];
  /** First token of the item, and one behind its last. */
  readonly start: number;
  readonly end: number;
  /** The token that does not fit. */
  readonly index: number;
  readonly found: Token;
  readonly before: Token | null;
  readonly after: Token | null;
  /** What the grammar would have taken, spelled as in derive.ohm. */
  readonly expected: ReadonlySet<string>;
  /** Innermost last. */
  readonly open: readonly Open[];
  /** First token of the statement that the failure is in, or null outside of blocks. */
  readonly statement: number | null;

  constructor(
    source: Source,
    tokens: readonly Token[],
    part: { readonly start: number; readonly end: number },
    failure: { readonly token: number; readonly expected: ReadonlySet<string> },
  ) {
    this.source = source;
    this.tokens = tokens;
    this.start = part.start;
    this.end = part.end;
    this.index = failure.token;
    this.found = tokens[failure.token];
    this.before = failure.token > part.start ? tokens[failure.token - 1] : null;
    this.after = failure.token + 1 < part.end ? tokens[failure.token + 1] : null;
    this.expected = failure.expected;
    const { open, statement } = openAt(tokens, part.start, failure.token);
    this.open = open;
    this.statement = statement;
  }

  /** The item ends where more is expected. */
  get atEnd(): boolean {
    return this.index >= this.end;
  }

  /** Any value would do here. */
  get wantsValue(): boolean {
    return this.expected.has("#");
  }

  /** A name would do, and no other value. */
  get wantsName(): boolean {
    return this.expected.has("$") && !this.wantsValue;
  }

  /** A value is complete, and an operator would go on. */
  get afterValue(): boolean {
    return this.before !== null && endsValue(this.before);
  }

  /** The innermost open bracket. */
  get bracket(): (Open & { readonly kind: "(" | "[" | "{" }) | null {
    const found = this.open.findLast(({ kind }) => kind in closers);
    return found?.kind === "(" || found?.kind === "[" || found?.kind === "{" ? { ...found, kind: found.kind } : null;
  }

  get innermost(): Open | null {
    return this.open.at(-1) ?? null;
  }

  /** The token that does not fit is the first of a statement. */
  get startsStatement(): boolean {
    return this.statement === this.index;
  }

  /** The first token of the statement, when the failure comes right behind it. */
  get afterFirst(): Token | null {
    return this.statement !== null && this.statement === this.index - 1 ? this.tokens[this.statement] : null;
  }

  span(token: Token): Span {
    return { source: this.source, start: token.start, end: token.end };
  }

  /** The token that does not fit; where the item ends too early, its last token. */
  get here(): Span {
    return this.span(this.atEnd && this.before !== null ? this.before : this.found);
  }

  /** The found token in words. */
  get foundText(): string {
    if (!this.atEnd) return describe(this.found);
    return this.found.kind === "end" ? "the end of the file" : "the next item";
  }

  /** The text from one token to another, shortened. */
  text(from: Token, to: Token): string {
    const text = this.source.text.slice(from.start, to.end);
    return text.length > 40 || /[\n\r]/.test(text) ? "..." : text;
  }

  /** The value that ends right before the failure: a name or literal, or a call or subscript back to its name. */
  valueBefore(): string {
    let index = this.index - 1;
    let depth = 0;
    while (index > this.start) {
      const { kind, text } = this.tokens[index];
      const previous = this.tokens[index - 1];
      if (kind === "operator" && (text === ")" || text === "]" || text === "}")) depth++;
      if (kind === "operator" && (text === "(" || text === "[" || text === "{")) depth--;
      const opensCall = (text === "(" || text === "[") && endsValue(previous);
      const member = text === "." || (previous.kind === "operator" && previous.text === ".");
      if (depth === 0 && !opensCall && !member) break;
      index--;
    }
    return this.text(this.tokens[index], this.tokens[this.index - 1]);
  }

  /** The value that starts at the failure: a name or literal, with the call or subscript that follows it. */
  valueHere(): string {
    let index = this.index;
    let depth = 0;
    while (index + 1 < this.end) {
      const { kind, text } = this.tokens[index];
      if (kind === "operator" && (text === "(" || text === "[" || text === "{")) depth++;
      if (kind === "operator" && (text === ")" || text === "]" || text === "}")) depth--;
      const next = this.tokens[index + 1];
      const goesOn = next.kind === "operator" && (next.text === "(" || next.text === "[" || next.text === ".");
      if (depth <= 0 && !goesOn && text !== ".") break;
      index++;
    }
    return this.text(this.found, this.tokens[index]);
  }

  fault<C extends SyntaxCode>(
    code: C,
    span: Span,
    args: Parameters<(typeof syntax)[C]["message"]>,
    help: string | null = null,
    related: Diagnostic["related"] = [],
  ): Diagnostic {
    return fault(code, span, args, help, related);
  }
}

/** A token in words. */
export function describe(token: Token): string {
  if (token.kind === "end") return "the end of the file";
  const text = token.text.length <= 40 ? token.text : `${token.text.slice(0, 37)}...`;
  if (token.kind === "number") return `the number \`${text}\``;
  if (token.kind === "text") return `the text \`${text}\``;
  if (token.kind === "name") return `the name \`${text}\``;
  return `\`${text}\``;
}

/** Words that begin a statement and are reserved, or names where they are followed by one. */
const statementWords: ReadonlySet<string> = new Set(
  "return const use hyper next metric input target frozen param state output loss train".split(" "),
);

function openAt(
  tokens: readonly Token[],
  start: number,
  index: number,
): { readonly open: readonly Open[]; readonly statement: number | null } {
  const open: Open[] = [];
  /** First tokens of the statements of the open blocks. */
  const statements: (number | null)[] = [null];
  let fresh = false;
  for (let at = start; at <= index; at++) {
    const token = tokens[at];
    const innermost = open.at(-1);
    const before = at > start ? tokens[at - 1] : null;
    const canStart =
      token.kind === "name" || token.kind === "word" || token.kind === "discard" || token.kind === "number";
    const line =
      token.newline && before !== null && endsValue(before) && canStart && !continues(token, tokens.at(at + 1));
    // Behind a `then` or a loop's head that is still open, no statement can start.
    if (fresh || (line && innermost?.kind === "{")) statements[statements.length - 1] = at;
    fresh = false;
    if (at === index) break;
    const { text } = token;
    if (token.kind === "operator") {
      if (text === "(" || text === "[" || text === "{") {
        if (text === "{" && open.at(-1)?.kind === "loop") open.pop();
        open.push({ kind: text, index: at });
        if (text === "{") {
          statements.push(null);
          fresh = true;
        }
      } else if (text === ")" || text === "]" || text === "}") {
        while (open.length > 0 && !isBracket(open.at(-1))) open.pop();
        const popped = open.pop();
        if (popped?.kind === "{") statements.pop();
      } else if (text === ";") {
        while (open.length > 0 && open.at(-1)?.kind !== "{") open.pop();
        fresh = statements.length > 1;
      }
    } else if (token.kind === "word") {
      const waits = open.at(-1)?.kind;
      if (text === "if") open.push({ kind: "then", index: at });
      else if (text === "then" && waits === "then") open.splice(-1, 1, { kind: "else", index: at });
      else if (text === "else" && waits === "else") open.pop();
      else if (text === "for" || text === "scan" || text === "while") open.push({ kind: "loop", index: at });
      else if (text === "repeat" && tokens.at(at + 1)?.text !== "(") open.push({ kind: "loop", index: at });
    }
  }
  return { open, statement: statements.at(-1) ?? null };
}

function isBracket(open: Open | undefined): boolean {
  return open !== undefined && open.kind in closers;
}

/** A word on a new line that goes on with what is above it. */
function continues(token: Token, next: Token | undefined): boolean {
  if (token.kind === "word") return ["then", "else", "or", "and", "in"].includes(token.text);
  const clause = token.text === "carry" || token.text === "yield" || token.text === "max";
  return clause && next?.kind === "name";
}

export function isStatementWord(token: Token): boolean {
  return statementWords.has(token.text);
}
