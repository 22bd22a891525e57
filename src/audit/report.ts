/** An audit as text. */
import type { Audit } from "./audit.ts";
import type { DerivativeRow, EntryFinding, SingleFinding } from "./checks.ts";
import { itemFails, rowFails, type ItemReport, type ValueRow } from "./item.ts";

/** Findings of one kind that are shown of a tensor. */
const shown = 3;

/** Tables by function and model, and a last line that says what it comes to. */
export function auditText({ path, seed, tolerance, items, passed }: Audit): string {
  const head = `${path}: seed ${seed}, tolerance ${tolerance.toExponential()}`;
  if (items.length === 0 && !passed) return `${head}\n\nFAILED: not checked, there are errors`;
  const rows = items.flatMap(({ derivatives }) => derivatives);
  const checked = rows.reduce((sum, row) => sum + row.checked, 0);
  const total = rows.reduce((sum, row) => sum + row.entries, 0);
  const entries = total === checked ? count(total, "entry", "entries") : `${checked} of ${total} entries one by one and all at once`; // prettier-ignore
  const of = `${count(rows.length, "derivative")}, ${entries}`;
  const failed = rows.filter(rowFails).length;
  const unchecked = items.filter(({ point }) => point === null).length;
  const wrong = items.flatMap(({ values }) => values).filter(({ single }) => single.ofBound > 1).length;
  const faults = [
    ...(failed > 0 ? [`${failed} of ${of}`] : []),
    ...(wrong > 0 ? [`${count(wrong, "value")} in f32`] : []),
    ...(unchecked > 0 ? [`${count(unchecked, "item")} not checked`] : []),
  ];
  const end = passed ? `passed: ${of}` : `FAILED: ${faults.join("; ")}`;
  return [head, ...items.map(itemText), end].join("\n\n");
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

function itemText(item: ItemReport): string {
  const { name, kind, point, derivatives, values } = item;
  const word = kind === "function" ? "fn" : "model";
  if (point === null) return `${word} ${name}: not checked`;
  const sizes = [...point.sizes].map(([symbol, size]) => `${symbol} = ${size}`).join(", ");
  const lines = [`${word} ${name}${sizes === "" ? "" : `, ${sizes}`}${itemFails(item) ? ": FAILED" : ""}`];
  if (derivatives.length > 0) lines.push(...table(derivatives));
  lines.push(...derivatives.flatMap(findings), ...valueLines(values));
  return lines.join("\n");
}

function table(rows: readonly DerivativeRow[]): readonly string[] {
  const head = ["derivative", "by", "checked", "absolute error", "relative error", "f32 error", "of its bound", ""];
  const cells = rows.map((row) => [
    `${row.entry} of ${row.of}`,
    row.by,
    row.checked === row.entries
      ? String(row.entries)
      : `${row.checked} of ${row.entries}${row.directions > 0 ? ", and all at once" : ""}`,
    errorAt(row.absolute, row.absoluteAt, row.entries),
    errorAt(row.relative, row.relativeAt, row.entries),
    row.single === null ? "" : errorAt(row.single.error, row.single.at, row.entries),
    row.single === null ? "" : percent(row.single.ofBound),
    statusOf(row),
  ]);
  const widths = head.map((title, k) => Math.max(...[title, ...cells.map((line) => line[k])].map((c) => c.length)));
  return [head, ...cells].map((line) => `  ${line.map((cell, k) => cell.padEnd(widths[k])).join("  ")}`.trimEnd());
}

function statusOf(row: DerivativeRow): string {
  if (rowFails(row)) return "FAILED";
  const words = [
    ...(row.kinks.length > 0 ? [count(row.kinks.length, "kink")] : []),
    ...(row.singular.length > 0 ? [`${row.singular.length} not finite`] : []),
    ...(row.unsettled.length > 0 ? [`${row.unsettled.length} unsettled`] : []),
  ];
  return words.length === 0 ? "ok" : words.join(", ");
}

function errorAt(error: number, at: readonly number[] | null, entries: number): string {
  if (error === 0) return "0";
  const place = at === null ? "" : at.length === 0 || entries === 1 ? "" : ` at ${placeText(at)}`;
  return number(error) + place;
}

function placeText(at: readonly number[]): string {
  return `[${at.join(", ")}]`;
}

function number(x: number): string {
  return Number.isFinite(x) ? x.toExponential(1) : String(x);
}

function percent(ratio: number): string {
  if (ratio === 0) return "0%";
  return ratio < 0.001 ? "<0.1%" : `${Number((100 * ratio).toPrecision(2))}%`;
}

/** What is not as it should be, or worth knowing, entry by entry. */
function findings(row: DerivativeRow): readonly string[] {
  const nameOf = (at: readonly number[] | null): string =>
    `${row.entry} of ${row.of} by ${row.by}${at === null ? ", all entries at once" : at.length === 0 ? "" : placeText(at)}`;
  const some = (found: readonly EntryFinding[], text: (f: EntryFinding) => string): string[] => [
    ...found.slice(0, shown).map((f) => `  ${text(f)}`),
    ...(found.length > shown ? [`    and ${found.length - shown} more of ${row.by}`] : []),
  ];
  const exact = (x: number): string => String(Number(x.toPrecision(9)));
  // Slopes of one side are of first order in the step.
  const side = (x: number): string => String(Number(x.toPrecision(4)));
  const single = row.single === null ? [] : singleLine(row.single, nameOf);
  return [
    ...some(row.failures, (f) => `FAILED ${nameOf(f.at)}: it is ${exact(f.derivative)}, differences give ${exact(f.difference)}`), // prettier-ignore
    ...single,
    ...some(row.kinks, (f) => `kink at ${nameOf(f.at)}: slopes ${side(f.left)} and ${side(f.right)} on its two sides, it is ${exact(f.derivative)}`), // prettier-ignore
    ...some(row.singular, (f) => `not finite: ${nameOf(f.at)} is ${f.derivative} here`),
    ...some(row.unsettled, (f) => `unsettled: ${nameOf(f.at)} is ${exact(f.derivative)}; differences do not settle near ${exact(f.difference)}`), // prettier-ignore
  ];
}

function singleLine({ ofBound, worst }: SingleFinding, nameOf: (at: readonly number[]) => string): readonly string[] {
  if (ofBound <= 1 || worst === null) return [];
  return [
    `  FAILED ${nameOf(worst.at)} in f32: ${worst.single}, its twin ${worst.double}; they may differ by ${number(worst.bound)}`, // prettier-ignore
  ];
}

function valueLines(values: readonly ValueRow[]): readonly string[] {
  if (values.length === 0) return [];
  const wrong = values.flatMap(({ entry, output, single }) =>
    singleLine(single, (at) => `${entry}: ${output}${at.length === 0 ? "" : placeText(at)}`),
  );
  const most = Math.max(...values.map(({ single }) => single.ofBound));
  const undecided = values.reduce((sum, { single }) => sum + single.undecided, 0);
  const rest = undecided === 0 ? "" : `; ${undecided} decided by less than the rounding, not compared`;
  const names = [...new Set(values.map(({ entry }) => entry))].join(", ");
  const difference = most === 0 ? "equals f64" : `differs from f64 by ${most < 0.001 ? "less than 0.1%" : `at most ${percent(most)}`} of the error bound`; // prettier-ignore
  const line = `  values of ${names}: f32 ${difference}${rest}`;
  return wrong.length > 0 ? wrong : [line];
}
