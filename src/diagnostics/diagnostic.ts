/** Where a source text came from. `path` is as the user gave it. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** A half-open range of UTF-16 offsets in a source. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

export type Severity = "error" | "warning";

/** One fault: what was found, what was wanted, where, and what to do. */
export interface Diagnostic {
  /** Kebab-case name of the message, a key of the catalogue. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly span: Span;
  /** Other places that the message speaks of ("`W` is [784, 128] here"). */
  readonly related: readonly { readonly span: Span; readonly label: string }[];
  /** What to do, for example "did you mean `logits`?". */
  readonly help: string | null;
}
