import { syntax } from "../diagnostics/catalogue/syntax.ts";
import type { Diagnostic, Span } from "../diagnostics/diagnostic.ts";

type Syntax = typeof syntax;
export type SyntaxCode = keyof Syntax;
type ArgumentsOf<C extends SyntaxCode> = Parameters<Syntax[C]["message"]>;

/** The diagnostic for a row of the syntax catalogue. `help` says what to do, `related` shows other places. */
export function fault<C extends SyntaxCode>(
  code: C,
  span: Span,
  args: ArgumentsOf<C>,
  help: string | null = null,
  related: Diagnostic["related"] = [],
): Diagnostic {
  const { severity, message } = syntax[code];
  // The compiler does not see that the row and the arguments have the same code.
  const render = message as (...args: ArgumentsOf<C>) => string;
  return { code, severity, message: render(...args), span, related, help };
}

/** Carries a syntax error out of the AST builder; caught in parse.ts, one an item. */
export class SyntaxFault extends Error {
  readonly diagnostic: Diagnostic;
  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
  }
}
