/** Audits in tests: modules are loaded in memory, and may be made wrong on the way. */
import { audit, type Audit, type AuditOptions } from "../../src/audit/audit.ts";
import type { DerivativeRow } from "../../src/audit/checks.ts";
import type { Module, Precision } from "../../src/audit/port.ts";
import { load } from "../../src/evaluate.ts";

/** Changes what a loaded module exports. */
export type Fault = (module: Module, precision: Precision) => Module;

export function audited(
  source: string,
  options: Partial<Omit<AuditOptions, "load">> = {},
  fault: Fault = (module) => module,
): Promise<Audit> {
  const path = options.path ?? "model.nn";
  return audit(source, { ...options, path, load: (code, p) => Promise.resolve(fault(load(code), p)) });
}

/** The row of a derivative by a parameter. */
export function rowOf(found: Audit, by: string, entry = "gradient"): DerivativeRow {
  const rows = found.items.flatMap(({ derivatives }) => derivatives);
  const row = rows.find((r) => r.by === by && r.entry === entry);
  if (row === undefined) throw new Error(`no ${entry} by ${by} among ${rows.map((r) => r.by).join(", ")}`);
  return row;
}

/** The codes of the diagnostics, in order. */
export function codesOf({ diagnostics }: Audit): readonly string[] {
  return diagnostics.map(({ code }) => code);
}
