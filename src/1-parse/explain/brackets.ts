/** Brackets that do not match. */
import { closers, isStatementWord } from "./place.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Open, Place, Rule } from "./place.ts";

const openers: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

function unclosed(at: Place, open: Open & { readonly kind: "(" | "[" | "{" }, found: string): Diagnostic {
  const span = at.span(at.tokens[open.index]);
  const close = closers[open.kind];
  const related = [{ span: at.here, label: `\`${close}\` is expected ${at.atEnd ? "behind this" : "before this"}` }];
  return at.fault("unclosed-bracket", span, [{ open: open.kind, close, found }], null, related);
}

/** `)`, `]` or `}` that does not close the innermost bracket. */
const wrongCloser: Rule = (at) => {
  const { found, bracket } = at;
  if (found.kind !== "operator" || at.atEnd) return null;
  const opener = openers[found.text] as string | undefined;
  if (opener === undefined) return null;
  if (bracket === null) return at.fault("stray-bracket", at.here, [{ found: found.text }], "remove it");
  if (bracket.kind === opener) return null;
  if (at.open.some(({ kind }) => kind === opener)) return unclosed(at, bracket, `\`${found.text}\``);
  const related = [{ span: at.span(at.tokens[bracket.index]), label: `\`${bracket.kind}\` is opened here` }];
  const args = { found: found.text, open: bracket.kind, close: closers[bracket.kind] };
  return at.fault("mismatched-bracket", at.here, [args], null, related);
};

/** The item ends inside a bracket. */
const openAtEnd: Rule = (at) => {
  if (!at.atEnd || at.bracket === null) return null;
  // An operator that waits for its value is the first fault.
  if (at.before?.kind === "operator" && at.wantsValue && at.bracket.kind !== "{" && at.before.text !== ",") return null;
  return unclosed(at, at.bracket, at.foundText);
};

/** `y = (a + b` and on the next line `z = ...`. */
const statementInBracket: Rule = (at) => {
  const { bracket, found } = at;
  if (bracket === null || bracket.kind === "{" || at.atEnd) return null;
  const next = at.after;
  const binds = found.kind === "name" && found.newline && next?.kind === "operator" && next.text === "=";
  const returns = found.kind === "word" && found.newline && (found.text === "return" || found.text === "use");
  // After an operator the name is taken for its operand, and the failure is at `=`.
  const bindsBefore = found.text === "=" && at.before?.kind === "name" && at.before.newline;
  if (binds || returns) return unclosed(at, bracket, `\`${found.text}\``);
  if (bindsBefore) return unclosed(at, bracket, `\`${at.before.text} =\``);
  const declares = found.kind === "name" && found.newline && isStatementWord(found) && next?.kind === "name";
  if (declares) return unclosed(at, bracket, `\`${found.text}\``);
  // `param W: [n = zeros`: no `=` stands in a shape.
  const inType = bracket.kind === "[" && [":", ")", "bool"].includes(at.tokens[bracket.index - 1].text);
  if (found.kind === "operator" && found.text === "=" && inType && at.afterValue) return unclosed(at, bracket, "`=`");
  return null;
};

export const bracketRules: readonly Rule[] = [wrongCloser, statementInBracket, openAtEnd];
