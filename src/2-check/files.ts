/** The names of files: items by name, what is imported, and what is defined twice. */
import type { File, Item, Name } from "../1-parse/ast.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Checker } from "./checker.ts";
import type { SourceFiles } from "./imports.ts";
import type { Definition, FileScope, NamedItem } from "./scope.ts";

/** The scope of the prelude: all of its files together. */
export function preludeScope(files: readonly File[]): FileScope {
  const scope = emptyScope(files, true);
  for (const file of files) for (const item of file.items) if (isNamed(item)) place(scope, { item, file: scope });
  return scope;
}

/** The scopes of the main file and of all that it imports, by path. */
export function fileScopes(c: Checker, sources: SourceFiles): ReadonlyMap<string, FileScope> {
  const scopes = new Map<string, FileScope>();
  for (const [path, { file }] of sources.files) {
    const scope = emptyScope([file], false);
    const first = new Map<string, Name>();
    for (const item of file.items) {
      if (!isNamed(item)) continue;
      checkParameters(c, item);
      if (isNew(c, first, item.name)) place(scope, { item, file: scope });
    }
    scopes.set(path, scope);
  }
  for (const [path, { file, imports }] of sources.files) {
    const scope = scopes.get(path);
    if (scope === undefined) continue;
    const first = new Map(file.items.flatMap((item) => (isNamed(item) ? [[item.name.text, item.name] as const] : [])));
    for (const item of file.items) {
      if (item.kind !== "import") continue;
      const from = scopes.get(imports.get(item) ?? "");
      for (const { name, as } of item.names) importName(c, scope, from, name, as ?? name, item.path, first);
    }
  }
  return scopes;
}

function emptyScope(files: readonly File[], prelude: boolean): FileScope {
  const broken = files.flatMap((file) => (file.broken ?? []).map(({ text }) => text));
  return {
    files,
    prelude,
    items: new Map(),
    initializers: new Map(),
    optimizers: new Map(),
    broken: new Set(broken),
  };
}

function isNamed(item: Item): item is NamedItem {
  return item.kind !== "import" && item.kind !== "derive";
}

function place(scope: FileScope, { item, file }: Definition, name = item.name.text): void {
  if (item.kind === "initializer") scope.initializers.set(name, { item, file });
  else if (item.kind === "optimizer") scope.optimizers.set(name, { item, file });
  else scope.items.set(name, { item, file });
}

function isNew(c: Checker, first: Map<string, Name>, name: Name): boolean {
  const before = first.get(name.text);
  if (before === undefined) {
    first.set(name.text, name);
    return true;
  }
  c.fault("defined-twice", { name: name.text }, name.span, {
    related: [{ span: before.span, label: `\`${name.text}\` is defined here first` }],
  });
  return false;
}

function checkParameters(c: Checker, item: NamedItem): void {
  if (item.kind === "const" || item.kind === "model") return;
  const first = new Map<string, Name>();
  for (const parameter of item.parameters) isNew(c, first, parameter.name);
}

function importName(
  c: Checker,
  scope: FileScope,
  from: FileScope | undefined,
  name: Name,
  as: Name,
  path: string,
  first: Map<string, Name>,
): void {
  // A file that could not be read is reported already.
  if (from === undefined || from.broken.has(name.text)) {
    scope.broken.add(as.text);
    return;
  }
  const found = from.items.get(name.text) ?? from.initializers.get(name.text) ?? from.optimizers.get(name.text);
  if (found === undefined) {
    const names = [...from.items.keys(), ...from.initializers.keys(), ...from.optimizers.keys()];
    c.fault("import-unknown-name", { name: name.text, path }, name.span, { help: didYouMean(name.text, names) });
    scope.broken.add(as.text);
    return;
  }
  if (isNew(c, first, as)) place(scope, found, as.text);
}
