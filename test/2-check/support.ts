/** Checks a text, and shows what came of it. */
import { parse } from "../../src/1-parse/parse.ts";
import { check, type Checked, type CheckOptions } from "../../src/2-check/check.ts";
import { loadImports } from "../../src/2-check/imports.ts";
import { loadPrelude } from "../../src/2-check/prelude.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { GraphBuilder } from "../../src/ir/builder.ts";
import { Origins } from "../../src/ir/origins.ts";
import { primitives } from "../../src/primitives/index.ts";

export interface Setup extends Partial<Omit<CheckOptions, "builder" | "origins" | "prelude">> {
  readonly files?: Readonly<Record<string, string>>;
  readonly maxNodes?: number;
}

export interface Outcome extends Checked {
  readonly origins: Origins;
  readonly builder: GraphBuilder;
}

export function checkText(text: string, setup: Setup = {}): Outcome {
  const { file, diagnostics } = parse({ path: "model.nn", text });
  const files = new Map(Object.entries(setup.files ?? {}));
  const sources = loadImports(file, (path) => files.get(path) ?? null);
  const builder = new GraphBuilder(primitives, { maxNodes: setup.maxNodes ?? 200_000 });
  const origins = new Origins();
  const outcome = check(
    { ...sources, diagnostics: [...diagnostics, ...sources.diagnostics] },
    {
      set: setup.set ?? {},
      item: setup.item ?? null,
      explain: setup.explain ?? false,
      builder,
      origins,
      prelude: loadPrelude(),
    },
  );
  return { ...outcome, origins, builder };
}

/** `code line:column message`, as the sample files write faults. */
export function lineOf({ code, span, message }: Diagnostic): string {
  const before = span.source.text.slice(0, span.start).split("\n");
  return `${code} ${before.length}:${(before.at(-1) ?? "").length + 1} ${message}`;
}
