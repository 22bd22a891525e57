/**
 * `npm run determinism [-- --update] [engine ...]`: what every example computes, as a hash, in each engine: node (this one),
 * node22, node24, chromium, firefox. Engines that the machine does not have are left out, unless they are named. The hashes
 * must be those of golden.json; `--update` writes them, which a change of the emitted arithmetic asks for.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { compile } from "../../src/compile.ts";
import { commandOf, fetchNode, runBrowser, runNode, type Hashes } from "./engines.ts";
import { generated, sources } from "./workloads.ts";

const goldenPath = new URL("golden.json", import.meta.url);
const named = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const folder = mkdtempSync(join(tmpdir(), "derive-determinism-"));

const fileOf = (name: string): string => `${name.replace("/", "-")}.js`;

/** The examples as JavaScript, the workloads, and what runs them. */
async function prepare(): Promise<void> {
  for (const [name, { path, append, precision }] of Object.entries(sources)) {
    const { code } = await compile(readFileSync(path, "utf8") + append, { path, precision, emit: "js", format: false });
    writeFileSync(join(folder, fileOf(name)), code ?? "");
  }
  const source = readFileSync(new URL("workloads.ts", import.meta.url), "utf8");
  const { outputText } = ts.transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 } }); // prettier-ignore
  writeFileSync(join(folder, "workloads.js"), outputText);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const examples = Object.keys(sources);
  const imports = examples.map((name, k) => `import * as m${k} from "./${fileOf(name)}";`).join("\n");
  const entries = examples.map((name, k) => `${JSON.stringify(name)}: m${k}`).join(", ");
  const main = `import { hashOf } from "./workloads.js";\n${imports}\nconst modules = { ${entries} };
export async function run() {
  const hashes = {};
  for (const name of Object.keys(modules)) hashes[name] = await hashOf(name, modules[name]);
  return hashes;
}
if (typeof process !== "undefined") console.log(JSON.stringify(await run()));\n`;
  writeFileSync(join(folder, "hashes.mjs"), main);
}

/** Whether a Node writes the checked-in bytes when it compiles the examples. */
function compilesAlike(binary: string): boolean {
  const output = join(folder, "generated");
  mkdirSync(output, { recursive: true });
  const paths = generated.map((name) => sources[name].path);
  execFileSync(binary, ["dist/src/cli/main.js", ...paths, "-o", output], { stdio: "ignore" });
  const alike = readdirSync(output).every((name) => readFileSync(join(output, name)).equals(readFileSync(join("generated", name)))); // prettier-ignore
  rmSync(output, { recursive: true });
  return alike;
}

/** What an engine computes; null where the machine does not have it. */
async function hashesIn(engine: string): Promise<Hashes | null> {
  if (engine.startsWith("node")) {
    const binary = engine === "node" ? process.execPath : fetchNode(engine.slice(4), join(folder, engine));
    if (binary === null) return null;
    if (!compilesAlike(binary)) throw new Error(`${engine} writes other modules than those in generated/`);
    return runNode(binary, folder);
  }
  const kind = engine === "firefox" ? "firefox" : "chromium";
  const binary = kind === "firefox" ? commandOf("firefox-esr", "firefox") : commandOf("chromium", "chromium-browser", "google-chrome"); // prettier-ignore
  return binary === null ? null : runBrowser(kind, binary, folder);
}

const table = new Map<string, Hashes>();
let failed = 0;
try {
  await prepare();
  for (const engine of named.length > 0 ? named : ["node", "node22", "node24", "chromium", "firefox"]) {
    try {
      const started = performance.now();
      const hashes = await hashesIn(engine);
      if (hashes !== null) table.set(engine, hashes);
      else if (named.length > 0) throw new Error(`${engine} is not on this machine`);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(hashes === null ? `${engine}: not on this machine` : `${engine}: ${seconds} s`);
    } catch (error) {
      failed++;
      console.log(error instanceof Error ? error.message : String(error));
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const own = table.get("node");
if (process.argv.includes("--update") && own !== undefined) {
  writeFileSync(goldenPath, `${JSON.stringify(own, null, 2)}\n`);
}
const golden = JSON.parse(readFileSync(goldenPath, "utf8")) as Hashes;
const width = 20;
console.log(["example", ...table.keys()].map((name) => name.padEnd(width)).join(""));
for (const name of Object.keys(sources)) {
  const cells = [...table.values()].map((hashes) =>
    hashes[name] === golden[name] ? hashes[name] : `${hashes[name]}!`,
  );
  failed += cells.filter((cell) => cell.endsWith("!")).length;
  console.log([name, ...cells].map((cell) => cell.padEnd(width)).join(""));
}
console.log(
  failed === 0 ? "all as in golden.json" : `${failed} differ or failed (an exclamation mark: not as in golden.json)`,
);
process.exitCode = failed === 0 ? 0 : 1;
