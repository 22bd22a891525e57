import { cellsOf, printable, printableLine } from "./cells.ts";
import type { Diagnostic, Severity, Source, Span } from "./diagnostic.ts";
import { lineOf, lineStarts, lineText, positionAt, type Position } from "./position.ts";

export interface RenderOptions {
  /** ANSI colours; off unless asked for. */
  readonly color?: boolean;
  /** Columns to use; longer lines are clipped around the span. */
  readonly width?: number;
}

type Paint = (text: string, style: keyof typeof styles) => string;

const styles = { bold: "1", error: "1;31", warning: "1;33", related: "1;36", gutter: "2", help: "1;32" } as const;

/** At most so many lines of a span are shown. */
const shownLines = 4;

/**
 * Diagnostics as people read them, in the order of their places in each file:
 *
 *     digits.nn:12:7: error: `logit` is not defined [unknown-name]
 *      12 |   z = logit @ W
 *         |       ^^^^^
 *         = did you mean `logits`?
 */
export function render(diagnostics: readonly Diagnostic[], options: RenderOptions = {}): string {
  const paint: Paint = (text, style) =>
    options.color === true && text !== "" ? `\u001b[${styles[style]}m${text}\u001b[0m` : text;
  const frame: Frame = { paint, linesOf: lineTable(), width: Math.max(40, options.width ?? 100) };
  return inOrder(diagnostics)
    .map((diagnostic) => `${renderOne(diagnostic, frame)}\n`)
    .join("\n");
}

/** The starts of lines, found once a source. */
function lineTable(): (source: Source) => readonly number[] {
  const starts = new Map<Source, readonly number[]>();
  return (source) => {
    const known = starts.get(source) ?? lineStarts(source.text);
    starts.set(source, known);
    return known;
  };
}

interface Frame {
  readonly paint: Paint;
  readonly linesOf: (source: Source) => readonly number[];
  readonly width: number;
}

/** Files as they come, within each by position. */
function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const files = [...new Set(diagnostics.map(({ span }) => span.source.path))];
  const file = new Map(files.map((path, i) => [path, i]));
  return [...diagnostics].sort(
    (a, b) =>
      (file.get(a.span.source.path) ?? 0) - (file.get(b.span.source.path) ?? 0) ||
      a.span.start - b.span.start ||
      a.span.end - b.span.end,
  );
}

function renderOne(diagnostic: Diagnostic, frame: Frame): string {
  const { severity, span, code, related, help } = diagnostic;
  const { paint } = frame;
  const spans = [span, ...related.map((other) => other.span)];
  const gutter = Math.max(...spans.map((s) => lastLine(s, frame).toString().length));
  const message = indentRest(printable(diagnostic.message), "    ");
  const lines = [
    `${paint(place(span, frame), "bold")}: ${paint(severity, severity)}: ${paint(message, "bold")} ${paint(`[${code}]`, "gutter")}`,
    ...renderSpan(span, severity, "^", gutter, frame),
  ];
  for (const { span: other, label } of related) {
    lines.push(`${place(other, frame)}: ${indentRest(printable(label), "    ")}`);
    lines.push(...renderSpan(other, "related", "-", gutter, frame));
  }
  if (help !== null) {
    lines.push(`${" ".repeat(gutter + 2)}${paint("=", "help")} ${indentRest(printable(help), " ".repeat(gutter + 4))}`);
  }
  return lines.join("\n");
}

/** `path:line:column`, or the path alone where the message is about the file as a whole. */
function place(span: Span, frame: Frame): string {
  const path = printableLine(span.source.path);
  if (span.source.text === "") return path;
  const { line, column } = positionAt(span.source, span.start, frame.linesOf(span.source));
  return `${path}:${line}:${column}`;
}

function lastLine(span: Span, frame: Frame): number {
  return lineOf(frame.linesOf(span.source), trimmedEnd(span)) + 1;
}

/** Where the span ends when white space at its end, such as a line break, does not count. */
function trimmedEnd({ source, start, end }: Span): number {
  return start + source.text.slice(start, end).trimEnd().length;
}

function renderSpan(span: Span, style: Severity | "related", mark: string, gutter: number, frame: Frame): string[] {
  const { source, start } = span;
  if (source.text === "") return [];
  const starts = frame.linesOf(source);
  const end = trimmedEnd(span);
  const first = lineOf(starts, start);
  const last = lineOf(starts, end);
  const lines: string[] = [];
  for (let line = first; line <= last; line++) {
    if (last - first >= shownLines && line === first + shownLines - 2) {
      lines.push(frame.paint(`${" ".repeat(gutter)} ...`, "gutter"));
      line = last;
    }
    const text = lineText(source.text, starts, line);
    const from = line === first ? start - starts[line] : text.length - text.trimStart().length;
    const to = line === last ? end - starts[line] : text.trimEnd().length;
    const { shown, marks } = excerpt(text, from, to, mark, frame.width - gutter - 4);
    const number = String(line + 1).padStart(gutter + 1);
    lines.push(`${frame.paint(`${number} |`, "gutter")}${shown === "" ? "" : ` ${shown}`}`);
    if (marks.trim() !== "") {
      const indent = /^ */.exec(marks)?.[0] ?? "";
      const bar = frame.paint(`${" ".repeat(gutter + 1)} |`, "gutter");
      lines.push(`${bar} ${indent}${frame.paint(marks.slice(indent.length), style)}`);
    }
  }
  return lines;
}

/** A line and the marks under columns `from` to `to` (offsets; an empty range marks one column), clipped around the marks. */
export function excerpt(
  text: string,
  from: number,
  to: number,
  mark: string,
  width: number,
): { readonly shown: string; readonly marks: string } {
  // Lines may be very long: only the neighbourhood of the span is split into cells.
  const base = from > 4 * width ? boundary(text, from - 2 * width) : 0;
  const limit = boundary(text, Math.min(text.length, from + 4 * width));
  const cells = cellsOf(text.slice(base, limit).trimEnd());
  let column = 0;
  const columns = cells.map((cell) => (column += cell.width) - cell.width);
  const total = column;
  const columnOf = (offset: number): number => {
    const index = cells.findIndex((cell) => cell.offset + base >= offset);
    if (index >= 0) return columns[index];
    return total + Math.max(0, Math.min(offset, text.length) - base - text.slice(base, limit).trimEnd().length);
  };
  const start = columnOf(from);
  const end = Math.max(start + 1, columnOf(to));
  const whole = base === 0 && limit === text.length && Math.max(total, end) <= width;
  // Clipped: from the left end of the line if the span is seen from there, else with some text before the span.
  const left = whole || (base === 0 && end < width) ? 0 : Math.max(0, start - Math.min(20, width >> 2));
  const room = whole ? Infinity : width - 2;
  const before = left > 0 || base > 0 ? "…" : "";
  const visible = cells.filter((cell, i) => columns[i] >= left && columns[i] + cell.width <= left + room);
  const after = columns.some((c, i) => c + cells[i].width > left + room) || limit < text.length ? "…" : "";
  const shift = before.length + (visible.length === 0 ? 0 : columns[cells.indexOf(visible[0])] - left);
  const padding = " ".repeat(shift - before.length);
  const length = Math.max(1, Math.min(end, left + room) - start);
  return {
    shown: `${before}${padding}${visible.map((cell) => cell.text).join("")}${after}`,
    marks: " ".repeat(start - left + before.length) + mark.repeat(length),
  };
}

/** An offset that does not stand between two surrogates. */
function boundary(text: string, offset: number): number {
  return /[\udc00-\udfff]/.test(text.charAt(offset)) ? offset + 1 : offset;
}

function indentRest(text: string, indent: string): string {
  return text.replaceAll("\n", `\n${indent}`);
}

/** A diagnostic as data: what `--json` prints. */
export interface JsonDiagnostic {
  readonly path: string;
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly start: Position;
  readonly end: Position;
  readonly related: readonly { path: string; label: string; start: Position; end: Position }[];
  readonly help: string | null;
}

/** Diagnostics with lines and columns, in the order of their places in each file. */
export function toJson(diagnostics: readonly Diagnostic[]): readonly JsonDiagnostic[] {
  const linesOf = lineTable();
  const range = ({ source, start, end }: Span): { path: string; start: Position; end: Position } => ({
    path: source.path,
    start: positionAt(source, start, linesOf(source)),
    end: positionAt(source, end, linesOf(source)),
  });
  return inOrder(diagnostics).map(({ code, severity, message, span, related, help }) => ({
    code,
    severity,
    message,
    ...range(span),
    related: related.map((other) => ({ label: other.label, ...range(other.span) })),
    help,
  }));
}
