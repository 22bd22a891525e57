/** Programs under test/samples: a folder each, with a model.nn, what it imports, and what checking says of it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { checkText, type Setup } from "./support.ts";
import type { Diagnostic, Span } from "../../src/diagnostics/diagnostic.ts";

const root = new URL("../samples/", import.meta.url);

/** A fault as error.json holds it. */
export interface ExpectedFault {
  readonly code: string;
  /** Left out for an error. */
  readonly severity?: "warning";
  /** Left out for model.nn. */
  readonly file?: string;
  readonly line: number;
  readonly column: number;
  /** The text that is underlined. */
  readonly text: string;
  readonly message: string;
  readonly help?: string;
  /** Other places that the message speaks of. */
  readonly related?: readonly string[];
}

/** Folders that hold a wrong program. */
export function wrongSamples(): readonly string[] {
  return readdirSync(root)
    .filter((name) => existsSync(new URL(`${name}/error.json`, root)))
    .sort();
}

export function read(name: string, file: string): string {
  return readFileSync(new URL(`${name}/${file}`, root), "utf8");
}

export function expectedFaults(name: string): readonly ExpectedFault[] {
  return JSON.parse(read(name, "error.json")) as readonly ExpectedFault[];
}

/** What checking says of a sample. options.json holds `set`, `item` and `maxNodes`. */
export function faultsOf(name: string): readonly ExpectedFault[] {
  const others = readdirSync(new URL(`${name}/`, root)).filter((file) => file.endsWith(".nn") && file !== "model.nn");
  const options = existsSync(new URL(`${name}/options.json`, root))
    ? (JSON.parse(read(name, "options.json")) as Setup)
    : {};
  const files = Object.fromEntries(others.map((file) => [file, read(name, file)]));
  return checkText(read(name, "model.nn"), { ...options, files }).diagnostics.map(described);
}

function described({ code, severity, message, span, related, help }: Diagnostic): ExpectedFault {
  return {
    code,
    ...(severity === "warning" ? { severity } : {}),
    ...(span.source.path === "model.nn" ? {} : { file: span.source.path }),
    ...positionOf(span),
    text: span.source.text.slice(span.start, span.end),
    message,
    ...(help === null ? {} : { help }),
    ...(related.length === 0 ? {} : { related: related.map((other) => relatedText(other)) }),
  };
}

function relatedText({ span, label }: Diagnostic["related"][number]): string {
  const { line, column } = positionOf(span);
  const file = span.source.path === "model.nn" ? "" : `${span.source.path}:`;
  return `${file}${line}:${column} ${label}`;
}

function positionOf(span: Span): { readonly line: number; readonly column: number } {
  const lines = span.source.text.slice(0, span.start).split("\n");
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}
