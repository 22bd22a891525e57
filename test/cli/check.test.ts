import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkCommand as check, folderWith } from "./support.ts";

describe("derive check", () => {
  it("runs the emitted module and shows a table", async () => {
    const folder = folderWith({ "a.nn": "fn f(a, x: [n]) = a * sum(x^2)\n", "b.nn": "fn g(x) = relu(x)\n" });
    const path = join(folder, "a.nn");
    const { code, out, error } = await check(path, "--size", "n=4", "--seed", "7", "--tolerance", "1e-7");
    expect(error).toBe("");
    expect(code).toBe(0);
    expect(out).toMatch(/: seed 7, tolerance 1e-7\n\nfn f, n = 4\n {2}derivative +by +checked +absolute error/);
    expect(out).toMatch(/\n {2}gradient of value {2}x +4 .* ok\n/);
    expect(out).toMatch(/\n\npassed: 2 derivatives, 5 entries\n$/);
    const kink = await check(join(folder, "b.nn"), "--at", "x=0");
    expect(kink.code).toBe(0);
    expect(kink.out).toContain("kink at gradient of value by x: slopes 0 and 1 on its two sides, it is 1");
  });

  it("prints JSON, and fails where there is nothing to be right about", async () => {
    const folder = folderWith({
      "a.nn": "fn f(x) = x^3\n",
      "b.nn": "fn g(x) = log(-1 - x^2)\n",
      "c.nn": "fn h(x) = y\n",
    });
    const { code, out, error } = await check(join(folder, "*.nn"), "--json");
    expect([code, error]).toEqual([1, ""]);
    const { files } = JSON.parse(out) as { files: Record<string, unknown>[] };
    expect(files.map(({ passed }) => passed)).toEqual([true, false, false]);
    expect(files[0]).toMatchObject({
      path: join(folder, "a.nn"),
      seed: 1,
      tolerance: 1e-6,
      items: [
        {
          name: "f",
          kind: "function",
          passed: true,
          sizes: {},
          derivatives: [
            { derivative: "gradient", of: "value", by: "x", shape: [], entries: 1, checked: 1, passed: true, failures: [], kinks: [], notFinite: [], unsettled: [] },
          ],
          values: [{ entry: "value", output: "value" }, { entry: "gradient", output: "value" }],
        },
      ],
      diagnostics: [],
    }); // prettier-ignore
    expect(files[1]["diagnostics"]).toMatchObject([{ code: "check-no-point", severity: "error" }]);
    expect(files[2]["diagnostics"]).toMatchObject([{ code: "unknown-name" }]);
  });

  it("warns of numbers that go wrong without failing", async () => {
    const path = join(folderWith({ "a.nn": "fn f(a, b) = log(a - b)\n" }), "a.nn");
    const text = await check(path);
    expect(text.code).toBe(0);
    expect(text.error).toContain("a.nn:1:14: warning: `f`: the logarithm of 0 is infinite (at `a = 0`, `b = 0`) [hazard-log]"); // prettier-ignore
    const { code, out } = await check(path, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      files: [{ passed: true, diagnostics: [{ code: "hazard-log", severity: "warning", help: expect.stringContaining("a > b") as string }] }],
    }); // prettier-ignore
  });

  it("refuses what makes no sense", async () => {
    const folder = folderWith({ "a.nn": "fn f(x) = x^3\n" });
    const path = join(folder, "a.nn");
    for (const args of [["--size", "n"], ["--size", "n=-1"], ["--size", "n=1,n=2"], ["--seed", "x"], ["--seed", "-1"], ["--tolerance", "0"], ["--samples", "0"], ["--at", "x"]]) {
      expect((await check(path, ...args)).code, args.join(" ")).toBe(2);
    } // prettier-ignore
    expect((await check(path, "--at", "q=1")).code).toBe(1);
    expect((await check(join(folder, "gone.nn"))).code).toBe(2);
    mkdirSync(join(folder, "sub"));
    writeFileSync(join(folder, "sub", "at.json"), '{ "x": 2 }');
    expect((await check(path, "--at", join(folder, "sub", "at.json"))).code).toBe(0);
  });
});
