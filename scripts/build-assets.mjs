// Builds the sources that are generated from others: the grammar as an ohm recipe, the prelude as syntax trees, and the code that
// generated modules embed.
//   node scripts/build-assets.mjs           writes what has changed
//   node scripts/build-assets.mjs --check   writes nothing; exits with 1 and names the files that are not fresh
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as ohm from "ohm-js";
import { format } from "prettier";
import { tsImport } from "tsx/esm/api";
import { mathPrograms } from "./wasm-math.mjs";
import { batchSources, supportSources } from "./support-sources.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const checkOnly = process.argv.includes("--check");
const stale = [];

/** Building a grammar from its recipe takes 2 ms, from its text 100. */
function grammarModule() {
  const grammar = ohm.grammar(readFileSync(join(root, "grammar/derive.ohm"), "utf8"));
  return [
    "// Generated from grammar/derive.ohm by scripts/build-assets.mjs.",
    "",
    "/** The JSON that ohm makes of a grammar. */",
    `export const recipe = ${JSON.stringify(grammar.toRecipe())};`,
    "",
  ].join("\n");
}

/** The parser runs from its sources here, so that no build has to come first. */
async function preludeModule() {
  const { parse } = await tsImport("../src/1-parse/parse.ts", import.meta.url);
  const { serialise } = await tsImport("../src/1-parse/serialise.ts", import.meta.url);
  const names = readdirSync(join(root, "grammar/prelude")).filter((name) => name.endsWith(".nn"));
  const files = names.sort().map((name) => {
    const path = `prelude/${name}`;
    const text = readFileSync(join(root, "grammar", path), "utf8");
    const { file, diagnostics } = parse({ path, text });
    for (const { span, message, help } of diagnostics) {
      const line = text.slice(0, span.start).split("\n").length;
      throw new Error(`grammar/${path}:${line}: ${message}${help === null ? "" : ` (${help})`}`);
    }
    return `  { path: ${JSON.stringify(path)}, text: ${JSON.stringify(text)}, items: ${JSON.stringify(serialise(file))} },`;
  });
  return [
    "// Generated from grammar/prelude/*.nn by scripts/build-assets.mjs.",
    "",
    "/** The prelude's files: their sources, and their items as `serialise` of src/1-parse/serialise.ts writes them. */",
    "export const preludeFiles: readonly { readonly path: string; readonly text: string; readonly items: string }[] = [",
    ...files,
    "];",
    "",
  ].join("\n");
}

/** As generated modules are laid out. */
async function laidOut(code) {
  return (await format(code, { parser: "typescript", printWidth: 120 })).trimEnd();
}

async function supportModule() {
  const sources = supportSources(join(root, "src/7-emit/support"), [join(root, "src/ir/random.ts")]);
  const { mathFunctions, mathSupport } = await tsImport("../src/7-emit/support/math/index.ts", import.meta.url);
  const entries = mathFunctions.flatMap((f) => ["f32", "f64"].map((precision) => mathSupport(f, precision).entry));
  Object.assign(sources, batchSources(sources, new Set(entries)));
  const rows = [];
  for (const [name, { text, js, needs }] of Object.entries(sources)) {
    const fields = [
      `text: ${JSON.stringify(await laidOut(text))}`,
      `js: ${JSON.stringify(await laidOut(js))}`,
      `needs: ${JSON.stringify(needs)}`,
    ];
    rows.push(`  ${name}: { ${fields.join(", ")} },`);
  }
  return [
    "// Generated from src/7-emit/support/**/*.ts by scripts/build-assets.mjs.",
    "",
    "/** A declaration as TypeScript and as JavaScript, with names of declarations as `$name$`, and the other declarations that it refers to. */",
    "export interface SupportSource {",
    "  readonly text: string;",
    "  readonly js: string;",
    "  readonly needs: readonly string[];",
    "}",
    "",
    "/** Every declaration that a generated module can embed. */",
    "export const supportSources: Readonly<Record<string, SupportSource>> = {",
    ...rows,
    "};",
    "",
  ].join("\n");
}

/** As JSON: it is parsed when a module with WebAssembly is written, and not before. */
async function mathModule() {
  const load = (path) => tsImport(path, import.meta.url);
  const { programs, tables } = await mathPrograms(join(root, "src/7-emit/support/math"), load);
  return [
    "// Generated from src/7-emit/support/math/*.ts by scripts/build-assets.mjs.",
    "",
    "/** `Record<string, MathProgram>` as JSON: every elementary function. */",
    `export const programsText = ${JSON.stringify(JSON.stringify(programs))};`,
    "",
    "/** `Record<string, number[]>` as JSON: the tables that they read. */",
    `export const tablesText = ${JSON.stringify(JSON.stringify(tables))};`,
    "",
  ].join("\n");
}

function generate(path, text) {
  const full = join(root, path);
  if (existsSync(full) && readFileSync(full, "utf8") === text) return;
  stale.push(path);
  if (!checkOnly) writeFileSync(full, text);
}

generate("src/1-parse/grammar.generated.ts", grammarModule());
generate("src/2-check/prelude.generated.ts", await preludeModule());
generate("src/7-emit/support.generated.ts", await supportModule());
generate("src/7-emit/wasm/math.generated.ts", await mathModule());

for (const path of stale) console.log(checkOnly ? `not fresh: ${path}` : `generated ${path}`);
if (checkOnly && stale.length > 0) {
  console.log("run `npm run assets`");
  process.exitCode = 1;
}
