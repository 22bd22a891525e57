import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "../../src/1-parse/parse.ts";
import type { Item } from "../../src/1-parse/ast.ts";
import { intrinsics } from "../../src/2-check/intrinsics/index.ts";
import { publicNames } from "../../src/2-check/intrinsics/public.ts";

const folder = new URL("../../grammar/prelude/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".nn"));
const parsed = files.map((path) => parse({ path, text: readFileSync(new URL(path, folder), "utf8") }));
const items = parsed.flatMap(({ file }) => file.items);

function namesOf(...kinds: readonly Item["kind"][]): string[] {
  return items.flatMap((item) => (kinds.includes(item.kind) && "name" in item ? [item.name.text] : []));
}

describe("the prelude", () => {
  test("parses without a fault or warning", () => {
    expect(parsed.flatMap(({ diagnostics }) => diagnostics)).toEqual([]);
  });

  test("holds functions, layers, initializers and optimizers only, and documents those that are public", () => {
    const kinds = new Set(items.map((item) => item.kind));
    expect([...kinds].sort()).toEqual(["fn", "initializer", "layer", "optimizer"]);
    const undocumented = items.filter(
      (item) => (item.kind === "fn" || item.kind === "layer" || item.kind === "optimizer") && item.doc === null,
    );
    expect(undocumented.map((item) => ("name" in item ? item.name.text : ""))).toEqual([]);
  });

  test("defines no name twice, nor one that is an intrinsic", () => {
    const functions = [...namesOf("fn", "layer"), ...intrinsics.keys()];
    expect(functions.filter((name, k) => functions.indexOf(name) !== k)).toEqual([]);
    for (const kind of ["initializer", "optimizer"] as const) {
      const names = namesOf(kind);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe("public names", () => {
  test("each has a definition", () => {
    const functions = new Set([...namesOf("fn", "layer"), ...intrinsics.keys()]);
    expect(publicNames.functions.filter((name) => !functions.has(name))).toEqual([]);
    expect([...publicNames.initializers].sort()).toEqual(namesOf("initializer").sort());
    expect([...publicNames.optimizers].sort()).toEqual(namesOf("optimizer").sort());
  });
});
