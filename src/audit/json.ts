/** An audit as JSON: what `derive check --json` prints. */
import { toJson, type JsonDiagnostic } from "../diagnostics/render.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Audit } from "./audit.ts";
import type { DerivativeRow, EntryFinding, SingleFinding } from "./checks.ts";
import { itemFails, rowFails } from "./item.ts";

/** A number, or the text of one that JSON does not have. */
export type JsonNumber = number | "NaN" | "Infinity" | "-Infinity";

/** Indices by axis, [] in a scalar; null: a direction through all entries of the tensor at once, or nothing to be placed. */
export type JsonPlace = readonly number[] | null;

/** An entry that is worth knowing of. */
export interface JsonFinding {
  readonly at: JsonPlace;
  /** What the module says. */
  readonly derivative: JsonNumber;
  /** What differences say, and the slopes on both sides of the point. */
  readonly difference: JsonNumber;
  readonly left: JsonNumber;
  readonly right: JsonNumber;
}

/** The f32 module against its f64 twin. */
export interface JsonSingle {
  /** The largest difference, and its place. */
  readonly error: JsonNumber;
  readonly at: JsonPlace;
  /** The largest ratio of a difference to its error bound; above 1: failed. */
  readonly ofBound: JsonNumber;
  /** Entries that a tie or jump within the rounding decides: they have no bound. */
  readonly undecided: number;
}

/** One derivative tensor. */
export interface JsonDerivative {
  /** The entry point: `gradient`, `jacobian`, `hessian`, `jvp`, `hvp`. */
  readonly derivative: string;
  /** What is differentiated: `loss`, `value`, `gradient.x`. */
  readonly of: string;
  /** The parameter or argument, or the direction: `v of x`. */
  readonly by: string;
  readonly shape: readonly number[];
  readonly entries: number;
  /** Entries compared one by one. */
  readonly checked: number;
  /** Directions compared that go through all entries; 0 where each entry is compared by itself. */
  readonly directions: number;
  readonly passed: boolean;
  /** The largest errors against differences, and their places. */
  readonly absolute: { readonly error: JsonNumber; readonly at: JsonPlace };
  readonly relative: { readonly error: JsonNumber; readonly at: JsonPlace };
  readonly failures: readonly JsonFinding[];
  /** Right, at a point where the function bends or jumps. */
  readonly kinks: readonly JsonFinding[];
  /** The derivative is infinite or NaN, and so is what differences say. */
  readonly notFinite: readonly JsonFinding[];
  /** Differences do not settle: nothing is known. */
  readonly unsettled: readonly JsonFinding[];
  /** Null for a derivative that the module does not export. */
  readonly f32: JsonSingle | null;
}

/** A function or model. */
export interface JsonItem {
  readonly name: string;
  readonly kind: "function" | "model";
  readonly passed: boolean;
  /** Of symbolic dimensions; null where no point was found at which the item is finite. */
  readonly sizes: Readonly<Record<string, number>> | null;
  readonly derivatives: readonly JsonDerivative[];
  /** Values of entry points. */
  readonly values: readonly {
    readonly entry: string;
    readonly output: string;
    readonly shape: readonly number[];
    readonly f32: JsonSingle;
  }[];
}

/** One file of `{ "files": [...] }`. */
export interface JsonAudit {
  readonly path: string;
  readonly seed: number;
  readonly tolerance: number;
  readonly samples: number;
  readonly passed: boolean;
  /** None where the file has errors. */
  readonly items: readonly JsonItem[];
  /** Errors of the program, failures of the check, and warnings. */
  readonly diagnostics: readonly JsonDiagnostic[];
}

/** The audit of a file. */
export function auditJson({ path, seed, tolerance, samples, passed, items, diagnostics }: Audit): JsonAudit {
  return {
    path,
    seed,
    tolerance,
    samples,
    passed,
    items: items.map((item) => ({
      name: item.name,
      kind: item.kind,
      passed: !itemFails(item),
      sizes: item.point === null ? null : Object.fromEntries(item.point.sizes),
      derivatives: item.derivatives.map(derivativeJson),
      values: item.values.map(({ entry, output, shape, single }) => ({
        entry,
        output,
        shape,
        f32: singleJson(single),
      })),
    })),
    diagnostics: toJson(diagnostics),
  };
}

/** A file that nothing could be checked of. */
export function uncheckedJson(
  head: Pick<JsonAudit, "path" | "seed" | "tolerance" | "samples">,
  diagnostics: readonly Diagnostic[],
): JsonAudit {
  return { ...head, passed: false, items: [], diagnostics: toJson(diagnostics) };
}

function derivativeJson(row: DerivativeRow): JsonDerivative {
  return {
    derivative: row.entry,
    of: row.of,
    by: row.by,
    shape: row.shape,
    entries: row.entries,
    checked: row.checked,
    directions: row.directions,
    passed: !rowFails(row),
    absolute: { error: json(row.absolute), at: row.absoluteAt },
    relative: { error: json(row.relative), at: row.relativeAt },
    failures: row.failures.map(findingJson),
    kinks: row.kinks.map(findingJson),
    notFinite: row.singular.map(findingJson),
    unsettled: row.unsettled.map(findingJson),
    f32: row.single === null ? null : singleJson(row.single),
  };
}

function findingJson({ at, derivative, difference, left, right }: EntryFinding): JsonFinding {
  return { at, derivative: json(derivative), difference: json(difference), left: json(left), right: json(right) };
}

function singleJson({ error, at, ofBound, undecided }: SingleFinding): JsonSingle {
  return { error: json(error), at, ofBound: json(ofBound), undecided };
}

function json(x: number): JsonNumber {
  if (Number.isFinite(x)) return x;
  return Number.isNaN(x) ? "NaN" : x > 0 ? "Infinity" : "-Infinity";
}
