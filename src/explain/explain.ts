/** `derive explain`: what a program computes and how its derivatives come about, as people read it. */
import { parse } from "../1-parse/parse.ts";
import { check } from "../2-check/check.ts";
import type { CheckedFile } from "../2-check/checked.ts";
import { loadImports } from "../2-check/imports.ts";
import { loadPrelude } from "../2-check/prelude.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnostic } from "../diagnostics/report.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { Origins } from "../ir/origins.ts";
import { createBuilder } from "../primitives/index.ts";
import { listed, pointOf, type Given } from "./given.ts";
import { overviewOf } from "./overview.ts";
import { overviewText } from "./overview-text.ts";
import { functionSubject, modelSubject, type Subject } from "./subject.ts";
import { walk } from "./walk.ts";
import { walkText } from "./walk-text.ts";

export interface ExplainOptions {
  /** As the user gave it; imports are resolved against it. */
  readonly path: string;
  /** The text of an imported file; throws where there is none. */
  readonly read?: (path: string) => string;
  /** Overridden consts, by `name` or `Model.name`. */
  readonly set?: Readonly<Record<string, string>>;
  /** The function or model to explain; all of a file without it. */
  readonly item?: string;
  /** Values of the variables; without them formulas are shown. */
  readonly at?: Readonly<Record<string, Given>>;
  readonly maxNodes?: number;
}

export interface Explanation {
  /** Null where there are errors. */
  readonly text: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Without `at`: the definitions of every function and model, and their derivatives as formulas. With it: the forward and
 * the backward pass of one of them at that point. Errors in the program or the values are diagnostics.
 */
export function explain(source: string, options: ExplainOptions): Explanation {
  const { file, diagnostics: syntax } = parse({ path: options.path, text: source });
  const builder = createBuilder({ maxNodes: options.maxNodes ?? 200_000 });
  const origins = new Origins();
  const { checked, diagnostics: found } = check(loadImports(file, readOrNull(options)), {
    set: options.set ?? {},
    item: options.item ?? null,
    explain: true,
    builder,
    origins,
    prelude: loadPrelude(),
  });
  const diagnostics = [...syntax, ...found];
  const failed = (...more: readonly Diagnostic[]): Explanation => ({
    text: null,
    diagnostics: [...diagnostics, ...more],
  });
  if (checked === null || syntax.some(({ severity }) => severity === "error")) return failed();

  const items = itemsOf(checked, builder, origins);
  const place = { source: file.source, start: 0, end: 0 };
  if (items.length === 0) {
    const { item } = options;
    if (item === undefined) return failed(diagnostic("explain-nothing", {}, place));
    const help = `add the line \`derive ${item}: value\``;
    return failed(diagnostic("explain-not-exported", { name: item }, place, { help }));
  }
  if (options.at === undefined) {
    const pages = items.map((item) => overviewText(overviewOf(item.subject(), builder)));
    return { text: pages.join("\n"), diagnostics };
  }
  const [item] = items;
  if (items.length > 1) {
    const names = items.map(({ name }) => name);
    const help = `choose one, as in \`--item ${item.name}\``;
    return failed(diagnostic("explain-several", { names: listed(names) }, place, { help }));
  }
  const subject = item.subject();
  const point = pointOf(subject, options.at);
  if ("code" in point) return failed(point);
  try {
    return { text: walkText(walk(subject, point, builder)), diagnostics };
  } catch (error) {
    // The interpreter refuses an index that is out of range.
    if (!(error instanceof RangeError) || /call stack/i.test(error.message)) throw error;
    const span = { source: { path: "--at", text: "" }, start: 0, end: 0 };
    return failed(diagnostic("value-refused", { reason: error.message }, span));
  }
}

interface Item {
  readonly name: string;
  readonly subject: () => Subject;
}

/** Functions and models in the order of the text. */
function itemsOf({ functions, models }: CheckedFile, b: GraphBuilder, origins: Origins): readonly Item[] {
  const items = [
    ...functions.map((f) => ({ name: f.name, start: f.span.start, subject: () => functionSubject(f, b, origins) })),
    ...models.map((m) => ({ name: m.name, start: m.span.start, subject: () => modelSubject(m, b, origins) })),
  ];
  return items.sort((p, q) => p.start - q.start);
}

function readOrNull({ read }: ExplainOptions): (path: string) => string | null {
  return (path) => {
    try {
      return read?.(path) ?? null;
    } catch {
      return null;
    }
  };
}
