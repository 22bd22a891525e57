// Builds the sources that are generated from others: the grammar as an ohm recipe.
//   node scripts/build-assets.mjs           writes what has changed
//   node scripts/build-assets.mjs --check   writes nothing; exits with 1 and names the files that are not fresh
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as ohm from "ohm-js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const checkOnly = process.argv.includes("--check");

/** Building a grammar from it takes 2 ms, from its text 100. */
function grammarModule() {
  const grammar = ohm.grammar(readFileSync(join(root, "grammar/derive.ohm"), "utf8"));
  return [
    "// Generated from grammar/derive.ohm by scripts/build-assets.mjs.",
    "// The JSON that ohm makes of a grammar.",
    `export const recipe = ${JSON.stringify(grammar.toRecipe())};`,
    "",
  ].join("\n");
}

const stale = [];
function generate(path, text) {
  const full = join(root, path);
  if (existsSync(full) && readFileSync(full, "utf8") === text) return;
  stale.push(path);
  if (!checkOnly) writeFileSync(full, text);
}

generate("src/1-parse/grammar.generated.ts", grammarModule());

for (const path of stale) console.log(checkOnly ? `not fresh: ${path}` : `generated ${path}`);
if (checkOnly && stale.length > 0) {
  console.log("run `npm run assets`");
  process.exitCode = 1;
}
