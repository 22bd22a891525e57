import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "../../src/1-parse/parse.ts";
import { contextual } from "../../src/1-parse/segments.ts";
import { revive, serialise } from "../../src/1-parse/serialise.ts";
import { prelude } from "../../src/2-check/prelude.ts";
import { supportSources } from "../../src/7-emit/support.generated.ts";

describe("generated sources", () => {
  it("are what their sources make (`npm run assets`)", () => {
    const { status, stdout, stderr } = spawnSync("node", ["scripts/build-assets.mjs", "--check"], { encoding: "utf8" });
    expect(stdout + stderr).toBe("");
    expect(status).toBe(0);
  });

  it("the contextual words are those of the grammar", () => {
    const grammar = readFileSync("grammar/derive.ohm", "utf8");
    const rule = /\n {2}word +=([^}]*)\}/.exec(grammar)?.[1] ?? "";
    expect([...rule.matchAll(/"(\w+)"/g)].map(([, word]) => word).sort()).toEqual([...contextual].sort());
  });
});

describe("the prelude", () => {
  it("loads as what parsing gives, but for comments", () => {
    const names = readdirSync("grammar/prelude").sort();
    expect(prelude.map(({ source }) => source.path)).toEqual(names.map((name) => `prelude/${name}`));
    for (const file of prelude) {
      const text = readFileSync(`grammar/${file.source.path}`, "utf8");
      const { file: parsed, diagnostics } = parse({ path: file.source.path, text });
      expect(diagnostics).toEqual([]);
      expect(file.source).toEqual(parsed.source);
      expect(file.items).toEqual(parsed.items);
    }
  });

  it("spans refer to its sources", () => {
    for (const { source, items } of prelude) {
      for (const { span } of items) expect(span.source).toBe(source);
    }
  });

  it("survives the way through text whatever is in it", () => {
    const text =
      'import { a as b } from "x.nn"\nderive f(x: [n]): value\nconst k = [1 <= i < n] -> { return x[1:2, ::3], -a.T == "t" }';
    const source = { path: "a.nn", text };
    const { file } = parse(source);
    expect(revive(serialise(file), source).items).toEqual(file.items);
  });
});

describe("embedded code", () => {
  it("needs only what is there, and imports and exports nothing", () => {
    for (const [name, { text, needs }] of Object.entries(supportSources)) {
      expect(text).toContain(name);
      expect(text).not.toMatch(/^(?:export|import)\b/m);
      for (const need of needs) {
        expect(supportSources).toHaveProperty([need]);
        expect(text).toMatch(new RegExp(`\\b${need}\\b`));
      }
    }
  });
});
