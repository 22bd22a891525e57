import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { version } from "../../src/version.ts";
import * as library from "../../src/index.ts";
import { filesUnder, importsOf, read } from "./files.ts";

interface Package {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

const manifest = JSON.parse(read("package.json")) as Package;

test("the command tells the version of the package", () => {
  expect(version).toBe(manifest.version);
  const lock = JSON.parse(read("package-lock.json")) as Package;
  expect([lock.version, lock.packages[""].version]).toEqual([version, version]);
  expect(read("CHANGELOG.md")).toContain(`## ${version}`);
});

test("what the package points at is built from a source, and published", () => {
  const targets = [...Object.values(manifest.bin), ...Object.values(manifest.exports).flatMap((e) => Object.values(e))];
  expect(targets.length).toBeGreaterThan(4);
  for (const target of targets) {
    const path = target.replace(/^\.\//, "");
    expect(manifest.files.some((folder) => path.startsWith(`${folder}/`))).toBe(true);
    expect(existsSync(path.replace(/^dist\//, "").replace(/\.d\.ts$|\.js$/, ".ts")), path).toBe(true);
  }
  expect(read("src/cli/main.ts")).toMatch(/^#!\/usr\/bin\/env node\n/);
});

// A build makes the link; a checkout that borrows its modules has none of its own.
const isBuilt = existsSync("dist/src/cli/main.js") && lstatSync("node_modules").isDirectory();
test.runIf(isBuilt && existsSync("node_modules/.bin/derive"))("npx runs the command that was built here", () => {
  expect(realpathSync("node_modules/.bin/derive")).toBe(resolve(manifest.bin.derive));
});

test("the library gives what users of it need", () => {
  expect(Object.keys(library).sort()).toEqual(["compile", "positionAt", "render", "toJson", "version"]);
});

test("every dependency is used by the compiler, and the compiler uses nothing else", () => {
  const names = filesUnder("src", ".ts")
    .flatMap(importsOf)
    .map(({ target }) => target)
    .filter((target) => !target.startsWith("src/") && !target.startsWith("node:"))
    .map((target) => target.split("/")[0]);
  expect([...new Set(names)].sort()).toEqual(Object.keys(manifest.dependencies).sort());
});

test("scripts name files that exist", () => {
  const named = Object.values(manifest.scripts).flatMap(
    (script) => script.match(/\b[\w./-]+\.(?:ts|mjs|nn|js)\b/g) ?? [],
  );
  const sources = named.map((path) => path.replace(/^dist\/(.*)\.js$/, "$1.ts"));
  expect(sources.length).toBeGreaterThan(5);
  expect(sources.filter((path) => !existsSync(path))).toEqual([]);
});

// npm packs what a build left in dist/.
test.runIf(isBuilt)("the package holds the compiler, what it says of itself, and nothing else", () => {
  const output = execFileSync("npm", ["pack", "--dry-run", "--ignore-scripts", "--json"], { encoding: "utf8" });
  const packed = Object.values(JSON.parse(output) as Record<string, { files: readonly { path: string }[] }>)[0];
  const paths = packed.files.map(({ path }) => path).sort();
  const expected = filesUnder("src", ".ts").flatMap((path) => {
    const name = `dist/${path.replace(/\.ts$/, "")}`;
    return [`${name}.d.ts`, `${name}.js`];
  });
  expect(paths).toEqual([...expected, "CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "package.json"].sort());
});
