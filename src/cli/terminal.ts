/** Where a command writes to; tests give their own. */
export interface Terminal {
  /** Standard output, as it is. */
  readonly out: (text: string) => void;
  /** Standard error, as it is. */
  readonly error: (text: string) => void;
  /** Whether standard error shows colours. */
  readonly color: boolean;
  /** Columns of standard error. */
  readonly width: number;
  /** Ends what runs until it is stopped, such as `--watch`. */
  readonly signal?: AbortSignal;
}

/** 0 done, 1 the program or data is wrong, 2 wrong usage, 70 a bug in derive. */
export type ExitCode = 0 | 1 | 2 | 70;

/** A command line that makes no sense: exit code 2. */
export class UsageError extends Error {}

/** The process's own streams. Colour only on a terminal, and never with NO_COLOR (https://no-color.org). */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const noColor = env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "";
  return {
    out: (text) => void stdout.write(text),
    error: (text) => void stderr.write(text),
    color: stderr.isTTY && !noColor && env["TERM"] !== "dumb",
    // Longer lines than this are no pleasure to read on a wide screen either.
    width: stderr.isTTY ? Math.min(stderr.columns, 120) : 100,
  };
}
