/** The tokens of a source: what the scanner finds and the grammar is written over. Data only. */
import type { Comment } from "./ast.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";

/** Words that are never names. */
export const reservedWords: ReadonlySet<string> = new Set(
  (
    "fn layer model optimizer initializer derive const import return if then else for scan while repeat use in and or not " +
    "true false inf nan pi"
  ).split(" "),
);

/** The words that begin an item when they start a line. */
export const itemWords: ReadonlySet<string> = new Set(
  "import const fn layer initializer optimizer model derive".split(" "),
);

export interface Token {
  /**
   * `word` is a reserved word, `discard` is `_`, `bad` is something the language does not have, with its `problem`;
   * `end` closes the list. Contextual words are names.
   */
  readonly kind: "name" | "number" | "text" | "word" | "operator" | "discard" | "bad" | "end";
  /** As written; a name in NFC. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** A line break stands between the previous token and this one. */
  readonly newline: boolean;
  /** What is wrong with a `bad` token. */
  readonly problem: Diagnostic | null;
}

export interface Tokens {
  /** In order, closed by an `end` token. */
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
}

/** Whether a value may end with this token: what follows it on a line is an operator or a second value. */
export function endsValue(token: Token): boolean {
  if (token.kind === "operator") return token.text === ")" || token.text === "]" || token.text === "}";
  if (token.kind === "word") return valueWords.has(token.text);
  return token.kind === "name" || token.kind === "number" || token.kind === "text";
}

/** Whether a value may start with this token and an expression cannot be continued by it. */
export function startsValue(token: Token): boolean {
  if (token.kind === "word") return valueWords.has(token.text) || prefixWords.has(token.text);
  return token.kind === "name" || token.kind === "number" || token.kind === "text";
}

const valueWords: ReadonlySet<string> = new Set(["true", "false", "inf", "nan", "pi"]);
const prefixWords: ReadonlySet<string> = new Set(["if", "for", "scan", "while", "repeat", "not"]);
