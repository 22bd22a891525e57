/** `derive explain`: what a program computes and how its derivatives come about, as people read it. */
import type { File } from "../1-parse/ast.ts";
import { checkedSource, type SourceOptions } from "../2-check/checked-source.ts";
import type { CheckedFile } from "../2-check/checked.ts";
import type { Diagnostic, Span } from "../diagnostics/diagnostic.ts";
import { diagnostic } from "../diagnostics/report.ts";
import { UnboundedLoop } from "../4-differentiate/loop.ts";
import { NodeLimit, type GraphBuilder } from "../ir/builder.ts";
import type { Origins } from "../ir/origins.ts";
import { listed, pointOf, type Given } from "./given.ts";
import { overviewOf, type Overview } from "./overview.ts";
import { overviewText } from "./overview-text.ts";
import { functionSubject, modelSubject, type Subject } from "./subject.ts";
import { walk, type Walk } from "./walk.ts";
import { walkText } from "./walk-text.ts";

export interface ExplainOptions extends SourceOptions {
  /** Values of the variables; without them formulas are shown. */
  readonly at?: Readonly<Record<string, Given>>;
}

export interface Explanation {
  /** Null where there are errors. */
  readonly text: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** What an explanation shows, for any form of page. */
export interface Analysis {
  /** One each function and model in the order of the text, without `at`; none where there are errors. */
  readonly overviews: readonly Overview[];
  /** The two passes at a point, with `at`; null where there are errors. */
  readonly walk: Walk | null;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Without `at`: the definitions of every function and model, and their derivatives as formulas. With it: the forward and
 * the backward pass of one of them at that point. Errors in the program or the values are diagnostics.
 */
export function explain(source: string, options: ExplainOptions): Explanation {
  const { overviews, walk: walked, diagnostics } = analyse(source, options);
  if (walked !== null) return { text: walkText(walked), diagnostics };
  return { text: overviews.length === 0 ? null : overviews.map(overviewText).join("\n"), diagnostics };
}

/** The parts of an explanation as data: formulas, values, edges. */
export function analyse(source: string, options: ExplainOptions): Analysis {
  const { file, checked, diagnostics, builder, origins } = checkedSource(source, options, { explain: true });
  const failed = (...more: readonly Diagnostic[]): Analysis => ({
    overviews: [],
    walk: null,
    diagnostics: [...diagnostics, ...more],
  });
  if (checked === null) return failed();

  const items = itemsOf(checked, builder, origins);
  if (items.length === 0) return failed(nothing(file, options.item ?? null));
  const [item] = items;
  try {
    if (options.at === undefined) {
      return { overviews: items.map(({ subject }) => overviewOf(subject(), builder)), walk: null, diagnostics };
    }
    if (items.length > 1) {
      const names = listed(items.map(({ name }) => name));
      const help = `choose one, as in \`--item ${item.name}\``;
      return failed(diagnostic("explain-several", { names }, spanOf(file, item.name), { help }));
    }
    const subject = item.subject();
    const point = pointOf(subject, options.at);
    if ("code" in point) return failed(point);
    return { overviews: [], walk: walk(subject, point, builder), diagnostics };
  } catch (error) {
    if (error instanceof NodeLimit) {
      const args = { what: `the derivatives of \`${item.name}\``, limit: builder.maxNodes };
      return failed(diagnostic("too-many-nodes", args, spanOf(file, item.name)));
    }
    if (error instanceof UnboundedLoop) {
      const help = "write `max N` after `carry ...`";
      return failed(diagnostic("while-without-max", { item: item.name }, spanOf(file, item.name), { help }));
    }
    // The interpreter refuses an index that is out of range.
    if (!(error instanceof RangeError) || /call stack/i.test(error.message)) throw error;
    const span = { source: { path: "--at", text: "" }, start: 0, end: 0 };
    return failed(diagnostic("value-refused", { reason: error.message }, span));
  }
}

function nothing(file: File, item: string | null): Diagnostic {
  if (item === null) return diagnostic("explain-nothing", {}, { source: file.source, start: 0, end: 0 });
  const help = `add the line \`derive ${item}: value\``;
  return diagnostic("explain-not-exported", { name: item }, spanOf(file, item), { help });
}

/** Where the file defines an item. */
function spanOf(file: File, name: string): Span {
  const item = file.items.find((other) => "name" in other && other.name.text === name);
  return item !== undefined && "name" in item ? item.name.span : { source: file.source, start: 0, end: 0 };
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
