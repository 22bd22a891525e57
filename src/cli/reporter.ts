import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { asciiControls } from "../diagnostics/cells.ts";
import { render, toJson } from "../diagnostics/render.ts";
import { diagnostic, isInternal } from "../diagnostics/report.ts";
import type { ExitCode, Terminal } from "./terminal.ts";

/** How many errors of a run are shown; the rest is counted. */
const shownErrors = 100;

/** Writes diagnostics to standard error, as text or as one line of JSON. */
export function reportDiagnostics(
  diagnostics: readonly Diagnostic[],
  terminal: Terminal,
  json: boolean,
  written: readonly string[] = [],
): void {
  if (json) {
    terminal.error(`${asciiControls(JSON.stringify({ diagnostics: toJson(diagnostics), written }))}\n`);
    return;
  }
  if (diagnostics.length === 0) return;
  const shown = diagnostics.slice(0, shownErrors);
  terminal.error(`${render(shown, { color: terminal.color, width: terminal.width })}\n${summary(diagnostics)}\n`);
}

/** "2 errors, 1 warning" */
export function summary(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  const warnings = diagnostics.length - errors;
  const count = (n: number, word: string): string[] => (n === 0 ? [] : [`${n} ${word}${n === 1 ? "" : "s"}`]);
  const hidden = diagnostics.length > shownErrors ? `; the first ${shownErrors} are shown` : "";
  return [...count(errors, "error"), ...count(warnings, "warning")].join(", ") + hidden;
}

/** 70 for a fault of derive, 1 for an error in a program, 2 for a file that cannot be read or written, else 0. */
export function exitCodeOf(diagnostics: readonly Diagnostic[]): ExitCode {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.some(isInternal)) return 70;
  const ofFiles = (code: string): boolean => code === "file-unreadable" || code === "file-unwritable";
  if (errors.some(({ code }) => !ofFiles(code))) return 1;
  return errors.length > 0 ? 2 : 0;
}

/** The diagnostic for an exception that no stage should let out, with the calls that led to it. */
export function internalError(error: unknown, path: string): Diagnostic {
  const detail = error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error);
  const lines = detail.split("\n").slice(0, 12).join("\n");
  return diagnostic("internal-error", { detail: lines }, { source: { path, text: "" }, start: 0, end: 0 });
}

/** A diagnostic about a file as a whole. */
export function ofFile(path: string): { source: { path: string; text: string }; start: number; end: number } {
  return { source: { path, text: "" }, start: 0, end: 0 };
}
