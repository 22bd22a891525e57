/**
 * Nanoseconds a call of each function in both precisions, beside Math's where it has one:
 *
 *     node test/7-emit/support/math/speed.mjs [function ...]
 *
 * The functions are compiled as in a generated module: all in one scope, each measured in a process of its own.
 */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const folder = new URL("../../../../src/7-emit/support/math/", import.meta.url);

/** Arguments are taken from here, [-5, 5] where nothing is said. */
const ranges = {
  log: [0.001, 20],
  log2: [0.001, 20],
  log10: [0.001, 20],
  log1p: [-0.9, 20],
  asin: [-1, 1],
  acos: [-1, 1],
  acosh: [1, 20],
  atanh: [-1, 1],
};

const peers = {
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.log1p(Math.exp(x)),
  mod: (x, y) => x - y * Math.floor(x / y),
  div: (x, y) => Math.floor(x / y),
  powi: (x, n) => Math.pow(x, n),
};

/** name -> { f32, f64 }, read from the text of the catalogue, and all declarations in one scope. */
function load() {
  const files = readdirSync(folder).filter((name) => name !== "index.ts");
  files.sort((a, b) => Number(b === "bits.ts") - Number(a === "bits.ts"));
  const text = files
    .map((name) => readFileSync(new URL(name, folder), "utf8").replace(/^import [^;]*;$/gm, ""))
    .join("\n");
  const code = ts.transpileModule(text, { compilerOptions: { target: ts.ScriptTarget.ES2022 } }).outputText;
  const index = readFileSync(new URL("index.ts", folder), "utf8");
  const entries = {};
  for (const [, name, f32, f64] of index.matchAll(/^ {2}(\w+): \{ f32: "(\w+)", f64: "(\w+)" \},$/gm))
    entries[name] = { f32, f64 };
  return { code: code.replace(/^export /gm, ""), entries };
}

function measure(f, name) {
  const size = 4096;
  const [low, high] = ranges[name] ?? [-5, 5];
  const xs = new Float32Array(size);
  const ys = new Float32Array(size);
  const out = new Float32Array(size);
  let state = 1;
  const random = () => ((state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 0) / 4294967296;
  for (let i = 0; i < size; i++) {
    xs[i] = low + (high - low) * random();
    ys[i] = name === "powi" ? Math.floor(8 * random()) - 2 : low + (high - low) * random();
    if (name === "pow") xs[i] = Math.abs(xs[i]);
  }
  const run = () => {
    for (let i = 0; i < size; i++) out[i] = f(xs[i], ys[i]);
  };
  for (let i = 0; i < 300; i++) run();
  let best = Infinity;
  for (let round = 0; round < 15; round++) {
    const start = performance.now();
    for (let i = 0; i < 20; i++) run();
    best = Math.min(best, ((performance.now() - start) * 1e6) / (20 * size));
  }
  return best.toFixed(1).padStart(7);
}

const { code, entries } = load();
const [, , flag, name, which] = process.argv;
if (flag === "--one") {
  const f = which === "Math" ? (peers[name] ?? Math[name]) : new Function(`${code}\nreturn ${entries[name][which]};`)();
  console.log(f === undefined ? "      -" : measure(f, name));
} else {
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(entries);
  console.log("ns a call      f32     f64    Math");
  for (const each of names) {
    const times = ["f32", "f64", "Math"].map((column) =>
      execFileSync(process.execPath, [fileURLToPath(import.meta.url), "--one", each, column], {
        encoding: "utf8",
      }).trimEnd(),
    );
    console.log(each.padEnd(10), ...times);
  }
}
