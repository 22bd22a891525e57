/** Numbers and tensors as a page shows them. */
import type { Value } from "../ir/value.ts";

/** Tensors of more entries are summarised. */
const shownEntries = 12;

/** Six significant digits; integers in full up to a million million. */
export function numberText(x: number): string {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x < 0 ? "-inf" : "inf";
  if (Object.is(x, -0)) return "0";
  if (Number.isInteger(x) && Math.abs(x) < 1e12) return String(x);
  const short = Number(x.toPrecision(6));
  const text = String(short);
  return Math.abs(short) < 1e-4 || Math.abs(short) >= 1e9 ? short.toExponential().replace("e+", "e") : text;
}

/** A scalar as a number, a small tensor as nested lists, a large one by its shape, range and mean. */
export function valueText({ element, shape, data }: Value): string {
  const entry = (x: number): string => (element === "bool" ? (x === 0 ? "false" : "true") : numberText(x));
  if (shape.length === 0) return entry(data[0]);
  if (data.length <= shownEntries) return nested(shape, [...data].map(entry));
  return summary(shape, data);
}

function nested(shape: readonly number[], entries: readonly string[]): string {
  const [first, ...rest] = shape;
  if (rest.length === 0) return `[${entries.join(", ")}]`;
  const size = rest.reduce((product, n) => product * n, 1);
  const rows = Array.from({ length: first }, (_, k) => nested(rest, entries.slice(k * size, (k + 1) * size)));
  return `[${rows.join(", ")}]`;
}

function summary(shape: readonly number[], data: Float64Array): string {
  let least = Infinity;
  let most = -Infinity;
  let total = 0;
  for (const x of data) {
    // NaN in one entry shows in all three.
    least = x < least || Number.isNaN(x) ? x : least;
    most = x > most || Number.isNaN(x) ? x : most;
    total += x;
  }
  const mean = numberText(total / data.length);
  return `[${shape.join(" x ")} numbers, ${numberText(least)} to ${numberText(most)}, mean ${mean}]`;
}
