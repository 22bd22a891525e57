/** Reads what a file imports, and what that imports. */
import type { File, ImportItem } from "../1-parse/ast.ts";
import { parse } from "../1-parse/parse.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnostic } from "../diagnostics/report.ts";

/** A file with the path of each file that it imports. */
export interface SourceFile {
  readonly file: File;
  /** Keys of `SourceFiles.files`; an import that could not be read is left out. */
  readonly imports: ReadonlyMap<ImportItem, string>;
}

/** The main file and all that it imports, directly or not, each once. */
export interface SourceFiles {
  readonly main: File;
  /** By path, the main file first. */
  readonly files: ReadonlyMap<string, SourceFile>;
  /** Unreadable imports, cycles, and the syntax errors of imported files. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What comes of reading a file: its text, or why there is none. */
export type ReadResult = { readonly text: string } | { readonly reason: string };

/**
 * Reads and parses the imports of `main`. Paths of imports are relative to the file that imports, and end in `.nn`: a message shows lines
 * of what it is about, and no program shall have other files shown.
 */
export function loadImports(main: File, read: (path: string) => ReadResult): SourceFiles {
  const files = new Map<string, SourceFile>();
  const diagnostics: Diagnostic[] = [];
  const pending: { readonly path: string; readonly file: File }[] = [{ path: normalize(main.source.path), file: main }];
  const known = new Map<string, File>([[pending[0].path, main]]);
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const { path, file } = next;
    const imports = new Map<ImportItem, string>();
    files.set(path, { file, imports });
    for (const item of file.items) {
      if (item.kind !== "import") continue;
      const target = resolve(path, item.path);
      const fault = (reason: string): void => {
        diagnostics.push(diagnostic("import-not-found", { path: item.path, reason }, item.pathSpan));
      };
      if (!/^\.\.?\//u.test(item.path)) {
        fault("a path begins with `./` or `../`");
        continue;
      }
      if (!item.path.endsWith(".nn")) {
        fault("the name of a source ends in `.nn`");
        continue;
      }
      if (!known.has(target)) {
        const found = read(target);
        if ("reason" in found) {
          fault(found.reason);
          continue;
        }
        const parsed = parse({ path: target, text: found.text });
        diagnostics.push(...parsed.diagnostics);
        known.set(target, parsed.file);
        pending.push({ path: target, file: parsed.file });
      }
      imports.set(item, target);
    }
  }
  diagnostics.push(...cycles(files));
  return { main, files, diagnostics };
}

/** One fault a cycle, at the import that closes it. */
function cycles(files: ReadonlyMap<string, SourceFile>): Diagnostic[] {
  const found: Diagnostic[] = [];
  const done = new Set<string>();
  for (const start of files.keys()) {
    const trail: { readonly path: string; readonly rest: (readonly [ImportItem, string])[] }[] = [];
    const enter = (path: string): void => {
      trail.push({ path, rest: [...(files.get(path)?.imports ?? [])] });
    };
    if (!done.has(start)) enter(start);
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const next = top.rest.shift();
      if (next === undefined) {
        done.add(top.path);
        trail.pop();
        continue;
      }
      const [item, path] = next;
      const open = trail.findIndex((entry) => entry.path === path);
      if (open >= 0) {
        const paths = [...trail.slice(open).map((entry) => entry.path), path];
        found.push(diagnostic("import-cycle", { paths }, item.pathSpan));
      } else if (!done.has(path)) enter(path);
    }
  }
  return found;
}

/** `path` as seen from the folder of the file `from`; forward slashes on every system. */
export function resolve(from: string, path: string): string {
  const folder = from.slice(0, from.lastIndexOf("/") + 1);
  return normalize(folder + path);
}

function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.replaceAll("\\", "/").split("/")) {
    const last = parts.at(-1);
    if (part === ".") continue;
    if (part === ".." && last !== undefined && last !== ".." && last !== "") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

/** What `loadImports` reads with, of a reader that throws where there is no file. The message of an Error with a `cause` is in words. */
export function reader(read: ((path: string) => string) | undefined): (path: string) => ReadResult {
  const missing = { reason: "there is no such file" };
  return (path) => {
    if (read === undefined) return missing;
    try {
      return { text: read(path) };
    } catch (error) {
      return error instanceof Error && error.cause !== undefined ? { reason: error.message } : missing;
    }
  };
}
