import { bracketRules } from "./brackets.ts";
import { expressionRules } from "./expressions.ts";
import { itemRules } from "./items.ts";
import { Place, describe, isStatementWord } from "./place.ts";
import { statementRules } from "./statements.ts";
import { endsValue } from "../tokens.ts";
import type { Diagnostic, Source } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "./place.ts";
import type { Token } from "../tokens.ts";

/** Where a match failed, and what the grammar would have taken there. */
export interface Failure {
  /** Index of the token that does not fit; the end of the item when a token is missing there. */
  readonly token: number;
  /** Spelled as in derive.ohm: `$` a name, `#` a number, `"` a text. */
  readonly expected: ReadonlySet<string>;
}

/** What the scanner found wrong; a number stands for a name where only a name will do. */
const badToken: Rule = (at) => {
  const { problem } = at.found;
  if (problem === null || at.atEnd) return null;
  if (at.wantsName && /^[0-9]/.test(at.found.text)) {
    const where = at.before === null ? "here" : `after \`${at.before.text}\``;
    return at.fault("expected-name", at.here, [{ found: describe(at.found), where }], "a name starts with a letter");
  }
  return problem;
};

/** In order: the first that applies is the explanation. */
const rules: readonly Rule[] = [badToken, ...bracketRules, ...itemRules, ...statementRules, ...expressionRules];

/** Says in the user's terms why tokens[part.start, part.end) do not match the grammar. */
export function explain(
  source: Source,
  tokens: readonly Token[],
  part: { readonly start: number; readonly end: number },
  failure: Failure,
): Diagnostic {
  const place = new Place(source, tokens, part, secondValue(tokens, part.start, failure));
  for (const rule of rules) {
    const diagnostic = rule(place);
    if (diagnostic !== null) return diagnostic;
  }
  return fallback(place);
}

/**
 * In `return x y` and at the end of the line the grammar has taken `y` for the start of a statement and misses `=` behind it. But no
 * statement starts there: the fault is `y` itself, the second of two values.
 */
function secondValue(tokens: readonly Token[], start: number, failure: Failure): Failure {
  const { token: index, expected } = failure;
  if (index < start + 3) return failure;
  const second = tokens[index - 1];
  const first = tokens[index - 2];
  const binds = expected.has("=") && expected.has(",") && !expected.has(")");
  if (!binds || second.kind !== "name" || second.newline || !endsValue(first)) return failure;
  const declared =
    isStatementWord(first) && (first.newline || tokens[index - 3].text === "{" || tokens[index - 3].text === ";");
  return declared ? failure : { token: index - 1, expected: new Set(["+", "*", "="]) };
}

const spelled: ReadonlyMap<string, string> = new Map([
  ["$", "a name"],
  ["#", "a number"],
  ['"', "a text"],
]);

/** What the grammar would have taken, in few words. */
function fallback(at: Place): Diagnostic {
  const wanted = [...at.expected].filter((text) => text !== "…");
  const expected = at.wantsValue
    ? "a value"
    : wanted.length > 6
      ? "something else"
      : joined(wanted.map((text) => spelled.get(text) ?? `\`${text}\``));
  return at.fault("unexpected-token", at.here, [{ found: at.foundText, expected }]);
}

function joined(parts: readonly string[]): string {
  if (parts.length === 0) return "something else";
  if (parts.length === 1) return parts[0];
  return `${parts.slice(0, -1).join(", ")} or ${parts[parts.length - 1]}`;
}
