/** The project's own files, as tests of its rules read them. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

export function read(path: string): string {
  return readFileSync(path, "utf8");
}

/** Paths of the files under a folder that end so, with `/` and in order. */
export function filesUnder(folder: string, ending: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path).replaceAll("\\", "/"))
    .filter((path) => path.endsWith(ending))
    .sort();
}

/** Paths of the files that are checked in, or will be. */
export function trackedFiles(): readonly string[] {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  // The checkout may belong to another user than the one who runs the tests.
  const { status, stdout, stderr } = spawnSync("git", ["-c", "safe.directory=*", ...list], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the list of files needs a git checkout: ${stderr}`);
  const { stdout: deleted } = spawnSync("git", ["-c", "safe.directory=*", "ls-files", "-z", "--deleted"], {
    encoding: "utf8",
  });
  const gone = new Set(deleted.split("\0"));
  return stdout.split("\0").filter((path) => path !== "" && !gone.has(path));
}

export interface Import {
  /** A path from the root for a file of the project, else the name of a package. */
  readonly target: string;
  /** Imports nothing at run time. */
  readonly typeOnly: boolean;
}

/** What a module imports or re-exports, `import()` included. */
export function importsOf(path: string): readonly Import[] {
  // Statements start a line here, as prettier lays them out; the names between braces may take several lines.
  const statement = /^(?:import|export) (type )?(?:([\w*{][^"';]*?) from )?"([^"]+)";/gm;
  const call = /\bimport\("([^"]+)"\)/g;
  const text = read(path);
  const resolved = (name: string): string => (name.startsWith(".") ? posix.join(posix.dirname(path), name) : name);
  return [
    ...[...text.matchAll(statement)].map(({ 1: type, 2: names, 3: name }: readonly (string | undefined)[]) => ({
      target: resolved(name ?? ""),
      typeOnly: type !== undefined || onlyTypes(names ?? ""),
    })),
    ...[...text.matchAll(call)].map(([, name]) => ({ target: resolved(name), typeOnly: false })),
  ];
}

/** `{ type A, type B }` leaves nothing at run time that matters for the order of modules. */
function onlyTypes(names: string): boolean {
  const list = /^\{([^}]*)\}$/s.exec(names.trim())?.[1].split(",").map((name) => name.trim()).filter((name) => name !== "") ?? []; // prettier-ignore
  return list.length > 0 && list.every((name) => name.startsWith("type "));
}

/** Every module that loads when `entry` does, with what it takes from elsewhere: packages, with the modules that want them. */
export function reach(entry: string): {
  readonly modules: ReadonlySet<string>;
  readonly packages: ReadonlyMap<string, readonly string[]>;
} {
  const modules = new Set<string>([entry]);
  const packages = new Map<string, string[]>();
  for (const module of modules) {
    for (const { target, typeOnly } of importsOf(module)) {
      if (typeOnly) continue;
      if (target.startsWith("src/")) modules.add(target);
      else packages.set(target, [...(packages.get(target) ?? []), module]);
    }
  }
  return { modules, packages };
}
