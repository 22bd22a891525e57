import { analyse, explain, type ExplainOptions } from "../../src/explain/explain.ts";
import { formulaText } from "../../src/explain/formula-text.ts";
import type { Overview } from "../../src/explain/overview.ts";
import type { Walk } from "../../src/explain/walk.ts";

type Options = Omit<ExplainOptions, "path">;

/** The page of a program without errors. */
export function page(source: string, options: Options = {}): string {
  const { text, diagnostics } = explain(source, { path: "test.nn", ...options });
  if (text === null) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return text;
}

/** The codes and messages of a program or point with errors. */
export function faults(source: string, options: Options = {}): readonly string[] {
  const { text, diagnostics } = explain(source, { path: "test.nn", ...options });
  if (text !== null) throw new Error(`there is a page: ${text}`);
  return diagnostics.map(({ code, message }) => `${code}: ${message}`);
}

export function overview(source: string, options: Options = {}): Overview {
  const { overviews, diagnostics } = analyse(source, { path: "test.nn", ...options });
  if (overviews.length !== 1) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return overviews[0];
}

export function walked(source: string, at: ExplainOptions["at"], item?: string): Walk {
  const options = { path: "test.nn", at, ...(item !== undefined && { item }) };
  const { walk, diagnostics } = analyse(source, options);
  if (walk === null) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return walk;
}

/** `{ "dL/da": "c" }` */
export function derivatives(source: string, options: Options = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(overview(source, options).derivatives.map((d) => [d.name, formulaText(d.formula)]));
}

/** `{ "da/dz": "a * (1 - a)" }` */
export function locals(source: string): Readonly<Record<string, string>> {
  return Object.fromEntries(overview(source).locals.map((d) => [d.name, formulaText(d.formula)]));
}

/** Entries of the gradient of the result by each name of the walk. */
export function gradients({ backward }: Walk): Readonly<Record<string, readonly number[]>> {
  const found = backward?.gradients ?? [];
  return Object.fromEntries(found.map(({ gradient, value }) => [gradient.of.name, [...value.data]]));
}

/** The first result's entries. */
export function resultOf({ steps, results }: Walk): readonly number[] {
  const found = steps.find(({ step }) => step === results[0]);
  return [...(found?.value.data ?? [])];
}
