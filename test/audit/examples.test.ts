import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { describe, expect, it } from "vitest";
import type { JsonAudit } from "../../src/audit/json.ts";
import { checkCommand } from "../cli/support.ts";

/** What each example differentiates: of how many entries how many are compared one by one, `+` where all are along a direction too. */
const examples: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  digits: { Digits: "h.W 23/100352+, h.b 23/128+, z.W 23/1280+, z.b 10/10" },
  graph: { L: "a 1/1, b 1/1, c 1/1" },
  logistic: { Logistic: "w 1/1, b 1/1", exampleLoss: "w 3/3, b 1/1, x 3/3, y 1/1" },
  "neural-lm": {
    NeuralLM: "E 3/320000+, h.W 3/24576+, h.b 3/128+, z.W 3/640000+, z.b 3/5000+",
    TextbookLM: "E 3/320000+, W 3/24576+, b 3/128+, U 3/640000+, c 3/5000+",
  },
  rosenbrock: { rosenbrock: "x 3/3, v of x 3/3, x 3/3, x 9/9" },
  "two-layer": {
    TwoLayerColumn: "W1 4/4, b1 2/2, W2 2/2, b2 1/1",
    TwoLayerBatch: "W1 4/4, b1 2/2, W2 2/2, b2 1/1",
    twoLayer: "W1 4/4, b1 2/2, W2 2/2, b2 1/1, x 2/2, y 1/1",
    outputError: "",
  },
  xor: { XOR: "h.W 16/16, h.b 8/8, p.W 8/8, p.b 1/1" },
};

/** Milliseconds, on a machine that does much else. */
const timeout = 120_000;

const folder = join(import.meta.dirname, "../../examples");

describe("derive check", () => {
  it("knows all examples", () => {
    // What lies deeper is compiled when it is asked for, and compared with tables of its own.
    const all = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const found = all.filter((path) => path.endsWith(".nn") && path.split(sep).length === 2);
    expect(found.sort()).toEqual(Object.keys(examples).map((name) => join(name, `${name}.nn`)));
  });

  it.each(Object.entries(examples))(
    "confirms every gradient of examples/%s and warns of nothing",
    async (name, rows) => {
      const { code, out, error } = await checkCommand([join(folder, name, `${name}.nn`), "--json"]);
      expect([code, error]).toEqual([0, ""]);
      const { files } = JSON.parse(out) as { files: readonly JsonAudit[] };
      expect(files).toHaveLength(1);
      const [{ passed, items, diagnostics }] = files;
      expect(passed).toBe(true);
      expect(diagnostics).toEqual([]);
      const compared = items.map(({ name: item, derivatives }) => [
        item,
        derivatives
          .map(({ by, checked, entries, directions }) => `${by} ${checked}/${entries}${"+".repeat(directions)}`)
          .join(", "),
      ]);
      expect(Object.fromEntries(compared)).toEqual(rows);
      for (const { by, relative, f32, ...row } of items.flatMap(({ derivatives }) => derivatives)) {
        expect([row.passed, row.failures, row.kinks, row.notFinite, row.unsettled], by).toEqual([true, [], [], [], []]);
        expect(relative.error, by).toBeLessThan(1e-6);
        expect(f32?.undecided, by).toBe(0);
      }
    },
    timeout,
  );
});
