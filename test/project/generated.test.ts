import { basename } from "node:path";
import { expect, test } from "vitest";
import { compile } from "../../src/compile.ts";
import { render } from "../../src/diagnostics/render.ts";
import { filesUnder, read } from "./files.ts";

// What lies deeper than its example's folder is compiled when it is asked for.
const sources = filesUnder("examples", ".nn").filter((path) => path.split("/").length === 3);

test.each(sources)("%s compiles to the module that is checked in", async (path) => {
  const { code, diagnostics } = await compile(read(path), { path, read, verify: true });
  expect(render(diagnostics)).toBe("");
  // Compared as one value: the difference of two modules is thousands of lines.
  expect(code === read(`generated/${basename(path, ".nn")}.ts`), "run `npm run derive -- examples/*/*.nn`").toBe(true);
});

test("nothing else is checked in there", () => {
  const expected = sources.map((path) => `generated/${basename(path, ".nn")}.ts`);
  expect([...filesUnder("generated", "")].sort()).toEqual(expected.sort());
});
