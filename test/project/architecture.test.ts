import { expect, test } from "vitest";
import { filesUnder, importsOf, reach, read } from "./files.ts";

const stages = ["1-parse", "2-check", "3-lower", "4-differentiate", "5-simplify", "6-schedule", "7-emit"];
/** What every stage may use. Graph and primitives are one layer: a node's type is its primitive's record. */
const base = ["ir", "primitives", "diagnostics"];
/** What nothing but a program's start and each other may use. */
const sinks = ["audit", "explain", "cli"];
/** Modules of the base that read the table of primitives; primitives themselves may not use them. */
const readers = ["src/ir/interpreter.ts", "src/ir/printer.ts"];

const modules = filesUnder("src", ".ts");
/** The folder of a module under src, or its own name at the top. */
const folderOf = (path: string): string => path.split("/")[1];
const edges = modules.flatMap((from) =>
  importsOf(from)
    .filter(({ target }) => target.startsWith("src/"))
    .map((edge) => ({ from, ...edge })),
);

test("the tests see the imports of the compiler", () => {
  expect(edges).toContainEqual({ from: "src/compile.ts", target: "src/1-parse/parse.ts", typeOnly: false });
  expect(edges).toContainEqual({ from: "src/compile.ts", target: "src/ir/graph.ts", typeOnly: true });
  expect(edges.length).toBeGreaterThan(modules.length);
  expect(edges.filter(({ target }) => !modules.includes(target))).toEqual([]);
});

test("every folder is a stage, what stages share, or a sink", () => {
  const folders = new Set(modules.map(folderOf).filter((name) => !name.endsWith(".ts")));
  expect([...folders].sort()).toEqual([...stages, ...base, ...sinks].sort());
});

test("a stage uses earlier stages and what all share, never a later one", () => {
  const allowed = (from: string, target: string): boolean => {
    if (from === target || base.includes(target) || target === "version.ts") return true;
    return stages.includes(from) && stages.includes(target) && stages.indexOf(target) < stages.indexOf(from);
  };
  const wrong = edges.filter(
    ({ from, target }) => stages.includes(folderOf(from)) && !allowed(folderOf(from), folderOf(target)),
  );
  expect(wrong).toEqual([]);
});

test("graph, primitives and diagnostics use no stage; diagnostics use neither", () => {
  const wrong = edges.filter(({ from, target }) => {
    const folder = folderOf(from);
    if (!base.includes(folder)) return false;
    return folder === "diagnostics" ? folderOf(target) !== "diagnostics" : !base.includes(folderOf(target));
  });
  expect(wrong).toEqual([]);
});

test("of the graph's modules only those that interpret and print read the table of primitives", () => {
  const fromGraph = edges.filter(({ from, target }) => folderOf(from) === "ir" && folderOf(target) === "primitives");
  expect([...new Set(fromGraph.map(({ from }) => from))].sort()).toEqual(readers);
  const back = edges.filter(({ from, target }) => folderOf(from) === "primitives" && readers.includes(target));
  expect(back).toEqual([]);
});

test("only the command line loads explain and audit, and nothing loads the command line", () => {
  const wrong = edges.filter(({ from, target }) => {
    const [folder, used] = [folderOf(from), folderOf(target)];
    return folder !== used && (used === "cli" || (["audit", "explain"].includes(used) && folder !== "cli"));
  });
  expect(wrong).toEqual([]);
});

test("modules of different folders do not load each other in a circle", () => {
  const uses = new Map(modules.map((m) => [m, edges.filter((e) => e.from === m && !e.typeOnly).map((e) => e.target)]));
  const loadedBy = (start: string): ReadonlySet<string> => {
    const reached = new Set(uses.get(start));
    for (const module of reached) for (const next of uses.get(module) ?? []) reached.add(next);
    return reached;
  };
  const loads = new Map(modules.map((module) => [module, loadedBy(module)]));
  // Inside a folder a circle is what recursion over several files looks like.
  const circles = modules.flatMap(
    (a) =>
    [...(loads.get(a) ?? [])].filter((b) => folderOf(a) < folderOf(b) && loads.get(b)?.has(a) === true).map((b) => [a, b]), // prettier-ignore
  );
  expect(circles).toEqual([]);
});

test("no module keeps state: what is declared at its top is never assigned again", () => {
  const wrong = modules.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, i) => (/^(?:export )?(?:let|var)\b/.test(line) ? [`${path}:${i + 1}: ${line}`] : [])),
  );
  // The scratch memory is a declaration that generated modules embed: each module has its own.
  expect(wrong.filter((line) => !line.startsWith("src/7-emit/support/scratch.ts:"))).toEqual([]);
});

test("the library runs without Node: no import and no global of it", () => {
  for (const entry of ["src/index.ts", "src/evaluate.ts"]) {
    const { modules: loaded, packages } = reach(entry);
    expect(loaded).toContain("src/7-emit/typescript/module.ts");
    expect([...packages.keys()].sort()).toEqual([
      "ohm-js",
      "prettier/plugins/estree",
      "prettier/plugins/typescript",
      "prettier/standalone",
      "wabt",
    ]);
    // The text of generated sources is data.
    const own = [...loaded].filter((path) => !path.endsWith(".generated.ts"));
    const globals = /\b(?:process\.|Buffer\.|NodeJS\.|setImmediate\b|__dirname\b|import\.meta)/;
    expect(own.filter((path) => globals.test(read(path)))).toEqual([]);
  }
});
