/**
 * Packs the package, installs the tarball into an empty folder of its own, and uses it there as its users do: the command, the
 * generated module under `tsc --strict`, and both entry points of the library with their types. What it finds wrong is printed,
 * and the exit code is 1. `dist/` must be built (`npm run package:check` does).
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = createRequire(import.meta.url).resolve("typescript/lib/tsc.js");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "derive-package-"));

const graph = `/// L = c (a + 2b)
fn L(a, b, c) {
  d = 2 * b
  e = a + d
  return c * e
}
`;

/** A user's program: types of the library and of the generated module, and the numbers of a hand calculation. */
const consumer = `import assert from "node:assert/strict";
import { compile, render, version, type CompileResult } from "derive";
import { evaluate } from "derive/evaluate";
import { LGradient } from "./generated/model.js";

const source = "fn f(x) = x^3";
const result: CompileResult = await compile(source, { path: "f.nn", emit: "js" });
assert.match(result.code ?? "", /export function fGradient/);
const wrong = await compile("fn f(x) = y", { path: "f.nn" });
assert.equal(wrong.code, null);
assert.match(render(wrong.diagnostics), /f\\.nn:1:11/);
assert.equal(version, ${JSON.stringify(manifest.version)});

const module: Record<string, unknown> = await evaluate(source, { path: "f.nn" });
const slope = module["fGradient"] as (x: number) => { value: number; gradient: { x: number } };
assert.deepEqual(slope(2), { value: 8, gradient: { x: 12 } });

const { value, gradient }: { value: number; gradient: { a: number; b: number; c: number } } = LGradient(3, 1, -2);
assert.deepEqual([value, gradient.a, gradient.b, gradient.c], [-10, -2, -4, 5]);
console.log("imports, types and numbers: as expected");
`;

const options = [
  "--strict",
  "--target",
  "es2022",
  "--module",
  "nodenext",
  "--moduleResolution",
  "nodenext",
  "--skipLibCheck",
  "false",
  "--noEmitOnError",
];

/** Runs a command in the folder; its output, or an error that shows what it wrote. */
function run(command, args, cwd = folder) {
  try {
    return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw new Error(`${command} ${args.join(" ")} failed\n${error.stdout ?? ""}${error.stderr ?? ""}`, {
      cause: error,
    });
  }
}

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(0)} KB`;

/** What is in the tarball: the compiler's modules and declarations, and what the package says of itself. */
function checkFiles({ files, size, unpackedSize }) {
  const paths = files.map(({ path }) => path);
  const pages = ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "package.json"];
  const strange = paths.filter((path) => !pages.includes(path) && !/^dist\/src\/[\w./-]+\.(?:js|d\.ts)$/.test(path));
  const absent = pages.filter((page) => !paths.includes(page));
  const targets = [...Object.values(manifest.bin), ...Object.values(manifest.exports).flatMap((e) => Object.values(e))];
  absent.push(...targets.map((path) => path.replace("./", "")).filter((path) => !paths.includes(path)));
  if (strange.length > 0) throw new Error(`not needed in the package: ${strange.join(", ")}`);
  if (absent.length > 0) throw new Error(`not in the package: ${absent.join(", ")}`);
  // The prelude, the grammar and the support code are most of it; what doubles it is an accident.
  if (unpackedSize > 4 * 2 ** 20) throw new Error(`the package has ${kilobytes(unpackedSize)}`);
  console.log(`${paths.length} files, ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked`);
}

function sizeOf(path) {
  const stat = statSync(path);
  return stat.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0) : stat.size;
}

/** What was installed: the dependencies that are named, what these need, and nothing that runs while it is installed. */
function checkInstalled() {
  const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
  const entries = Object.entries(packages).filter(([path]) => path !== "");
  const scripted = entries.filter(([, entry]) => entry.hasInstallScript === true).map(([path]) => path);
  if (scripted.length > 0) throw new Error(`runs scripts when it is installed: ${scripted.join(", ")}`);
  for (const name of Object.keys(manifest.devDependencies)) {
    if (packages[`node_modules/${name}`] !== undefined) throw new Error(`${name} is installed for users too`);
  }
  console.log("installed:");
  for (const [path, { version }] of entries) {
    console.log(`  ${path.replace("node_modules/", "")} ${version}, ${kilobytes(sizeOf(join(folder, path)))}`);
  }
}

try {
  const packed = run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root);
  const [tarball] = Object.values(JSON.parse(packed));
  checkFiles(tarball);
  const file = join(folder, tarball.filename);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", file]);
  checkInstalled();

  writeFileSync(join(folder, "model.nn"), graph);
  run("npx", ["--no-install", "derive", "model.nn"]);
  const generated = join(folder, "generated/model.ts");
  const code = readFileSync(generated, "utf8");
  // The line that keeps users' settings away from generated code: here it is to be checked too.
  if (!code.includes("// @ts-nocheck\n")) throw new Error("no @ts-nocheck in the generated module");
  writeFileSync(generated, code.replace("// @ts-nocheck\n", ""));
  writeFileSync(join(folder, "consumer.ts"), consumer);
  const types = join(root, "node_modules/@types");
  run(process.execPath, [tsc, ...options, "--typeRoots", types, "--types", "node", "consumer.ts"]);
  process.stdout.write(run(process.execPath, ["consumer.js"]));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
