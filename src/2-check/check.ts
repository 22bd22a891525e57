/** Stage 2: files -> typed fragments of the graph, and every fault of names, kinds and shapes. */
import type { File, FnItem, ModelItem } from "../1-parse/ast.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { NodeLimit, type GraphBuilder } from "../ir/builder.ts";
import type { Origins } from "../ir/origins.ts";
import type { CheckedFile, CheckedFunction, CheckedModel } from "./checked.ts";
import { Abandoned, Checker, maxDepth } from "./checker.ts";
import { applySettings, constValue } from "./constants.ts";
import { checkFunction, exportsOf } from "./exports.ts";
import { fileScopes, preludeScope } from "./files.ts";
import type { SourceFiles } from "./imports.ts";
import { intrinsics } from "./intrinsics/index.ts";
import { checkLiterals } from "./literals.ts";
import { checkModel } from "./models.ts";
import type { FileScope } from "./scope.ts";
import { checkUnused } from "./unused.ts";

export interface CheckOptions {
  /** Values of consts, by `name` or `Model.name`. */
  readonly set: Readonly<Record<string, string>>;
  /** Delivers this function or model alone. */
  readonly item?: string | null;
  /** Marks every name of the user's, so that `derive explain` can show each. */
  readonly explain?: boolean;
  /** Of real arrays; f64 unless it is given, which holds every number that can be written. */
  readonly precision?: "f32" | "f64";
  /** Builds the nodes; its limit of nodes becomes an error. */
  readonly builder: GraphBuilder;
  /** Takes up where nodes come from. */
  readonly origins: Origins;
  /** The files of the prelude. */
  readonly prelude: readonly File[];
}

export interface Checked {
  /** Null if there are errors. */
  readonly checked: CheckedFile | null;
  /** In the order of the text, file by file; those of reading the files included. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks the main file with all that it imports. Faults of imported files are reported too. */
export function check(sources: SourceFiles, options: CheckOptions): Checked {
  const c = new Checker({
    builder: options.builder,
    origins: options.origins,
    intrinsics,
    prelude: preludeScope(options.prelude),
    markAll: options.explain === true,
  });
  for (const found of sources.diagnostics) c.report(found);
  const scopes = fileScopes(c, sources);
  const files = [...sources.files.values()].map(({ file }) => file);
  // Files that import each other could call each other without end.
  if (sources.diagnostics.some(({ code }) => code === "import-cycle")) {
    return { checked: null, diagnostics: inOrder(c.diagnostics, files) };
  }
  const [main] = scopes.values();
  applySettings(c, sources.main, options.set);
  for (const [path, { file }] of sources.files) {
    const scope = scopes.get(path);
    if (scope !== undefined) checkConsts(c, scope, file);
  }
  const functions = checkFunctions(c, main, sources.main);
  const models = checkModels(c, main, sources.main);
  for (const [path, { file }] of sources.files) {
    const scope = scopes.get(path);
    if (scope === undefined) continue;
    if (file !== sources.main) {
      checkFunctions(c, scope, file);
      checkModels(c, scope, file);
    }
    checkUnused(c, scope, file);
  }
  if (options.precision === "f32") {
    for (const { file } of sources.files.values()) checkLiterals(c, file, { functions, models });
  }
  const chosen = choose(c, sources.main, options.item ?? null, { functions, models });
  const diagnostics = inOrder(c.diagnostics, files);
  const failed = diagnostics.some(({ severity }) => severity === "error");
  return { checked: failed ? null : chosen, diagnostics };
}

function checkConsts(c: Checker, scope: FileScope, file: File): void {
  for (const item of file.items) {
    if (item.kind === "const") limited(c, item.name.text, item, () => constValue(c, scope, item));
  }
}

function checkFunctions(c: Checker, scope: FileScope, file: File): CheckedFunction[] {
  const functions: CheckedFunction[] = [];
  for (const exported of exportsOf(c, scope, file)) {
    const { item } = exported;
    const checked = limited(c, item.name.text, item, () => checkFunction(c, scope, exported));
    // `derive f: none`
    if (checked !== null && checked.wanted.length > 0) functions.push(checked);
  }
  return functions;
}

function checkModels(c: Checker, scope: FileScope, file: File): CheckedModel[] {
  return file.items.flatMap((item) => {
    if (item.kind !== "model") return [];
    const checked = limited(c, item.name.text, item, () => checkModel(c, scope, item));
    return checked === null ? [] : [checked];
  });
}

/** Runs the elaboration of one item within the limits. */
function limited<T>(
  c: Checker,
  name: string,
  item: FnItem | ModelItem | { readonly name: FnItem["name"] },
  body: () => T,
): T | null {
  try {
    return body();
  } catch (error) {
    if (error instanceof NodeLimit) {
      c.fault("too-many-nodes", { what: `\`${name}\``, limit: c.builder.maxNodes }, item.name.span);
      return null;
    }
    if (error instanceof Abandoned) return null;
    // Depth within the limit takes a bounded part of an ordinary stack; a caller may have left less than that.
    if (error instanceof RangeError) {
      c.fault("calls-too-deep", { limit: maxDepth }, item.name.span);
      return null;
    }
    throw error;
  }
}

function choose(c: Checker, file: File, name: string | null, all: CheckedFile): CheckedFile {
  if (name === null) return all;
  const items = file.items.flatMap((item) => (item.kind === "fn" || item.kind === "model" ? [item.name.text] : []));
  if (!items.includes(name)) {
    const source = { path: "--item", text: name };
    const help = didYouMean(name, items);
    c.fault("unknown-item", { name }, { source, start: 0, end: name.length }, { help });
  }
  return {
    functions: all.functions.filter((f) => f.name === name),
    models: all.models.filter((m) => m.name === name),
  };
}

/** Main file first, each from top to bottom. */
function inOrder(diagnostics: readonly Diagnostic[], files: readonly File[]): readonly Diagnostic[] {
  const rank = new Map(files.map((file, k) => [file.source, k]));
  return [...diagnostics].sort((a, b) => {
    const order = (rank.get(a.span.source) ?? -1) - (rank.get(b.span.source) ?? -1);
    return order === 0 ? a.span.start - b.span.start : order;
  });
}
