import ts from "typescript";
import { describe, expect, test } from "vitest";
import { compile, render } from "../../src/index.ts";
import { evaluate } from "../../src/evaluate.ts";
import { run } from "../../src/cli/program.ts";
import { filesUnder, read } from "./files.ts";

const readme = read("README.md");
const blocks = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({ language, text }));
const textsIn = (language: string): readonly string[] => blocks.filter((b) => b.language === language).map((b) => b.text); // prettier-ignore
const sources = textsIn("nn");
const [gradient, training, library] = textsIn("ts");
const path = "readme.nn";

async function output(args: readonly string[]): Promise<string> {
  const parts: string[] = [];
  const terminal = { out: (text: string) => void parts.push(text), error: () => undefined, color: false, width: 100 };
  expect(await run(args, terminal)).toBe(0);
  return parts.join("");
}

/** Runs TypeScript whose imports are `given`; gives what its names are afterwards. */
async function runSnippet(snippet: string, given: Readonly<Record<string, unknown>>, wanted: readonly string[]) {
  const body = snippet.replace(/^import .*\n/gm, "");
  const text = `return (async () => { ${body}\nreturn { ${wanted.join(", ")} }; })();`;
  const { outputText } = ts.transpileModule(text, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const start = new Function(...Object.keys(given), outputText) as (...args: unknown[]) => Promise<Record<string, unknown>>; // prettier-ignore
  return start(...Object.values(given));
}

describe("the sources of the README", () => {
  test("there are some", () => {
    expect(sources.length).toBeGreaterThanOrEqual(3);
  });

  test.each(sources)("compile without a complaint: %s", async (source) => {
    const { code, diagnostics } = await compile(source, { path, format: false });
    expect(render(diagnostics)).toBe("");
    expect(code).not.toBeNull();
  });

  test("the function that is shown is what comes out", async () => {
    const { code } = await compile(sources[0], { path });
    expect(code).toContain(gradient);
    expect(read("examples/graph/graph.nn")).toContain(sources[0].slice(sources[0].indexOf("fn")));
  });

  test("the derivatives that it asks for exist", async () => {
    const exports = await evaluate(sources[1], { path });
    expect(Object.keys(exports)).toEqual(["rosenbrock", "rosenbrockGradient", "rosenbrockHvp", "rosenbrockHessian"]);
  });
});

describe("its programs", () => {
  test("train as they are written", async () => {
    const { createDigitsTrainer } = await evaluate(sources[2], { path });
    const batch = { x: new Float32Array(64 * 784).fill(0.5), y: new Int32Array(64).fill(3) };
    const given = { createDigitsTrainer, ...batch, heldOut: batch.x, labels: batch.y };
    const { loss, accuracy } = await runSnippet(training, given, ["loss", "accuracy"]);
    expect(loss).toBeGreaterThan(0);
    expect([0, 1]).toContain(accuracy);
  });

  test("use the library as it is", async () => {
    const { code } = await runSnippet(library, { compile, render, source: sources[0] }, ["code"]);
    expect(code).toContain("export function LGradient");
    for (const [, names, from] of library.matchAll(/^import \{ (.*) \} from "(.*)";$/gm)) {
      expect(from).toBe("derive");
      expect(await import("../../src/index.ts")).toMatchObject(
        Object.fromEntries(names.split(", ").map((name) => [name, expect.any(Function) as unknown])),
      );
    }
  });
});

describe("its commands", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Readonly<Record<string, string>> };

  test("are scripts of the package", () => {
    const named = [...readme.matchAll(/\bnpm (?:run )?([\w:-]+)/g)].map(([, name]) => name).filter((name) => name !== "ci"); // prettier-ignore
    expect(named).toEqual(expect.arrayContaining(["train:digits", "test"]));
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test("run every example", () => {
    const folders = filesUnder("examples", "app.ts").map((file) => file.split("/")[1]);
    const rows = [...readme.matchAll(/^\| `([\w-]+)` +\|.*\| `npm run ([\w:-]+)`/gm)].map(([, folder, script]) => [folder, scripts[script].includes(`examples/${folder}/app.ts`)]); // prettier-ignore
    expect(rows.sort()).toEqual(folders.map((folder) => [folder, true]).sort());
  });

  test("have the options that they have", async () => {
    const optionsIn = (text: string): readonly string[] => [...new Set(text.match(/(?<![\w-])--[a-z][a-z-]*/g))].sort();
    const listing = /^derive model\.nn {2,}.*?(?=^derive fmt)/ms.exec(readme)?.[0] ?? "";
    const helps = await Promise.all(["compile", "explain", "check"].map((command) => output([command, "--help"])));
    // `-o` is listed by its short name.
    const offered = optionsIn(helps.join("\n")).filter((name) => !["--help", "--output"].includes(name));
    expect(optionsIn(listing)).toEqual(offered);
  });

  test("print what is shown", async () => {
    const shown = [...readme.matchAll(/^\$ derive (.*)\n\.\.\.\n((?:(?!```).*\n)*)^```$/gm)];
    expect(shown).toHaveLength(2);
    for (const [, command, text] of shown) expect(await output(command.split(" "))).toContain(text);
  });
});

test("the dependencies that it explains are those that there are", () => {
  const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Readonly<Record<string, string>> };
  const explained = [...readme.matchAll(/^- `([\w@/-]+)` (?!becomes)/gm)].map(([, name]) => name);
  expect(explained.sort()).toEqual(Object.keys(dependencies).sort());
});

test("every folder of the compiler is explained", () => {
  const folders = new Set(filesUnder("src", ".ts").flatMap((file) => (file.split("/").length > 2 ? [file.split("/")[1]] : []))); // prettier-ignore
  expect([...folders].filter((folder) => !readme.includes(`\`src/${folder}/\``))).toEqual([]);
});
