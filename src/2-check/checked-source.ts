/** The front of what reads a program without generating code: text -> checked fragments. */
import type { File } from "../1-parse/ast.ts";
import { parse } from "../1-parse/parse.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { Origins } from "../ir/origins.ts";
import { createBuilder } from "../primitives/index.ts";
import { check, type CheckOptions } from "./check.ts";
import type { CheckedFile } from "./checked.ts";
import { loadImports, reader } from "./imports.ts";
import { prelude } from "./prelude.ts";

export interface SourceOptions {
  /** As the user gave it; imports are resolved against it. */
  readonly path: string;
  /** The text of an imported file; throws where there is none. */
  readonly read?: (path: string) => string;
  /** Overridden consts, by `name` or `Model.name`. */
  readonly set?: Readonly<Record<string, string>>;
  /** This function or model alone; all of a file without it. */
  readonly item?: string;
  /** The largest graph, 1,000,000 nodes without it. */
  readonly maxNodes?: number;
}

export interface CheckedSource {
  readonly file: File;
  /** Null if there are errors. */
  readonly checked: CheckedFile | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly builder: GraphBuilder;
  readonly origins: Origins;
}

/** Parses and checks a source with all that it imports. */
export function checkedSource(
  source: string,
  { path, read, set = {}, item, maxNodes = 1_000_000 }: SourceOptions,
  how: Pick<CheckOptions, "explain" | "precision">,
): CheckedSource {
  const { file, diagnostics: syntax } = parse({ path, text: source });
  const builder = createBuilder({ maxNodes });
  const origins = new Origins();
  const { checked, diagnostics: found } = check(loadImports(file, reader(read)), {
    ...how,
    set,
    item: item ?? null,
    builder,
    origins,
    prelude,
  });
  const diagnostics = [...syntax, ...found];
  const failed = diagnostics.some(({ severity }) => severity === "error");
  return { file, checked: failed ? null : checked, diagnostics, builder, origins };
}
