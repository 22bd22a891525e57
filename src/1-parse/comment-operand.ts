/** The warning for `n // 2`, which other languages read as a division. */
import { fault } from "./fault.ts";
import { scan } from "./scan.ts";
import { endsValue } from "./tokens.ts";
import type { Comment } from "./ast.ts";
import type { Diagnostic, Source } from "../diagnostics/diagnostic.ts";
import type { Token, Tokens } from "./tokens.ts";

/** Where a file has so many of them, one more helps nobody. */
const mostWarnings = 100;
/** Longer comments are prose. */
const longest = 60;

/**
 * A warning for each comment behind a value on its line that reads as an operand: a number, or an expression whose names all occur in the
 * file, closing brackets left aside. `isExpression` asks the grammar. (`x // the input` names nothing, or is no expression.)
 */
export function commentOperands(
  source: Source,
  { tokens, comments }: Tokens,
  isExpression: (tokens: readonly Token[]) => boolean,
): readonly Diagnostic[] {
  const warnings: Diagnostic[] = [];
  let names: ReadonlySet<string> | null = null;
  let index = 0;
  for (const comment of comments) {
    if (warnings.length === mostWarnings) break;
    while (tokens[index].end <= comment.span.start && tokens[index].kind !== "end") index++;
    if (comment.kind !== "line" || index === 0 || comment.text.length > longest) continue;
    const before = tokens[index - 1];
    const sameLine = !/[\n\r\u2028\u2029]/.test(source.text.slice(before.end, comment.span.start));
    if (!sameLine || !endsValue(before) || before.text === "}" || before.kind === "text") continue;
    const operand = operandOf(comment);
    if (operand.length === 0) continue;
    names ??= new Set(tokens.filter(({ kind }) => kind === "name").map(({ text }) => text));
    const known = names;
    if (operand.some((token) => token.kind === "bad" || (token.kind === "name" && !known.has(token.text)))) continue;
    if (!isExpression(operand)) continue;
    const shown = comment.text.slice(2).trim();
    const help = `for floor division write \`div(${before.text === ")" || before.text === "]" ? "..." : before.text}, ${shown})\``;
    warnings.push(fault("comment-as-operator", comment.span, [{ comment: shown }], help));
  }
  return warnings;
}

/** The comment's tokens without what may close or go on behind an operand. */
function operandOf(comment: Comment): readonly Token[] {
  const tokens = scan({ path: "", text: comment.text.slice(2) }).tokens.slice(0, -1);
  const isTail = (token: Token): boolean => token.kind === "operator" && [")", "]", ",", ";"].includes(token.text);
  const opened = tokens.filter(({ text }) => text === "(" || text === "[").length;
  const closed = tokens.filter(({ text }) => text === ")" || text === "]").length;
  let end = tokens.length;
  let surplus = closed - opened;
  while (
    end > 0 &&
    isTail(tokens[end - 1]) &&
    (surplus > 0 || tokens[end - 1].text === "," || tokens[end - 1].text === ";")
  ) {
    if (tokens[end - 1].text === ")" || tokens[end - 1].text === "]") surplus--;
    end--;
  }
  return tokens.slice(0, end);
}
