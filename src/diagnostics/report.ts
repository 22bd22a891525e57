import { catalogue, type Code, type MessageArgs } from "./catalogue/index.ts";
import type { Diagnostic, Severity, Span } from "./diagnostic.ts";

/** What a diagnostic may say beside its message. */
export interface Extras {
  /** Other places that the message speaks of ("`W` is [784, 128] here"). */
  readonly related?: readonly { readonly span: Span; readonly label: string }[];
  /** What to do. */
  readonly help?: string | null;
}

/** The catalogue with each message tied to the arguments of its code, so that a generic code type-checks. */
const rows: {
  readonly [C in Code]: { readonly severity: Severity; readonly message: (args: MessageArgs[C]) => string };
} = catalogue;

/** The diagnostic of a code, with the arguments that its message wants. */
export function diagnostic<C extends Code>(code: C, args: MessageArgs[C], span: Span, extras: Extras = {}): Diagnostic {
  const row = rows[code];
  return {
    code,
    severity: row.severity,
    message: row.message(args),
    span,
    related: extras.related ?? [],
    help: extras.help ?? (code.startsWith("internal") ? internalHelp : null),
  };
}

/** A fault of derive itself, not of the program. */
export function isInternal(diagnostic: Diagnostic): boolean {
  return diagnostic.code.startsWith("internal");
}

/** What to do about a fault of derive. */
export const internalHelp =
  "this is a bug in derive and not in your program: please report it with the program, the command line and what `derive --version` prints";
