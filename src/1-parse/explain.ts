import { fault } from "./fault.ts";
import type { Diagnostic, Source } from "../diagnostics/diagnostic.ts";
import type { Token } from "./tokens.ts";

/** Says in the user's terms why an item does not match the grammar. */
export function explain(
  source: Source,
  tokens: readonly Token[],
  failure: { readonly token: number; readonly expected: ReadonlySet<string> },
): Diagnostic {
  const token = tokens[failure.token];
  if (token.problem !== null) return token.problem;
  const span = { source, start: token.start, end: token.end };
  return fault("unexpected-token", span, [{ found: `\`${token.text}\``, expected: [...failure.expected].join(", ") }]);
}
