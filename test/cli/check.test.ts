import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { JsonAudit } from "../../src/audit/json.ts";
import { checkCommand, folderWith } from "./support.ts";

const check = (...args: readonly string[]): ReturnType<typeof checkCommand> => checkCommand(args);
const graph = join(import.meta.dirname, "../../examples/graph/graph.nn");

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
    const both = await check(join(folder, "*.nn"));
    expect(both.out.split("\n\n").map((part) => part.split("\n")[0].replace(folder, ""))).toEqual([
      "/a.nn: seed 1, tolerance 1e-6",
      "fn f, n = 3",
      "passed: 2 derivatives, 4 entries",
      "/b.nn: seed 1, tolerance 1e-6",
      "fn g",
      "passed: 1 derivative, 1 entry",
    ]);
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

  it("states the same keys in all JSON that it prints", async () => {
    const kinked = "fn f(x: [n]) = sum(relu(x) + sqrt(x)) + max(x)\n";
    const path = join(folderWith({ "a.nn": kinked, "b.nn": "fn f(x) = y\n" }), "a.nn");
    const at = ["--at", "x=[0, 1]", "--json"];
    const outputs = await Promise.all([check(path, ...at), check(path.replace("a.nn", "b.nn"), "--json"), check("/no/such.nn", "--json")]); // prettier-ignore
    expect(outputs.map(({ code, error }) => [code, error])).toEqual([[0, ""], [1, ""], [2, ""]]); // prettier-ignore
    for (const { out } of outputs) {
      const whole = JSON.parse(out) as { files: JsonAudit[] };
      expect(Object.keys(whole)).toEqual(["files"]);
      for (const file of whole.files) {
        expect(Object.keys(file)).toEqual("path seed tolerance samples passed items diagnostics".split(" "));
      }
    }
    const [file] = (JSON.parse(outputs[0].out) as { files: JsonAudit[] }).files;
    const [item] = file.items;
    expect(Object.keys(item)).toEqual("name kind passed sizes derivatives values".split(" "));
    const [row] = item.derivatives;
    expect(Object.keys(row)).toEqual(
      "derivative of by shape entries checked directions passed absolute relative failures kinks notFinite unsettled f32".split(" "),
    ); // prettier-ignore
    expect(row).toMatchObject({ entries: 2, checked: 2, directions: 0, passed: true, failures: [] });
    // The slope of sqrt at 0 has no number in JSON.
    expect(row.notFinite).toEqual([
      { at: [0], derivative: "Infinity", difference: expect.anything() as unknown, left: expect.anything() as unknown, right: expect.anything() as unknown },
    ]); // prettier-ignore
    expect(Object.keys(row.f32 ?? {})).toEqual("error at ofBound undecided".split(" "));
    expect(Object.keys(item.values[0])).toEqual("entry output shape f32".split(" "));
    const [{ diagnostics }] = (JSON.parse(outputs[1].out) as { files: JsonAudit[] }).files;
    expect(Object.keys(diagnostics[0]).sort()).toEqual("code end help message path related severity start".split(" "));
  });

  it("fails where a rule is wrong: exit code 1, the derivative named, both numbers shown", async () => {
    // As if the derivative of 2 * b were 3.
    const wrong = (code: string): string => code.replace("gradient_b = 2 * c", "gradient_b = 3 * c");
    const point = [graph, "--at", "a=3,b=1,c=-2"];
    const { code, out, error } = await checkCommand(point, wrong);
    expect(code).toBe(1);
    expect(out).toMatch(/\nfn L: FAILED\n/);
    expect(out).toMatch(/\n {2}gradient of value {2}b +1 +2\.0e\+0 +3\.3e-1 .* FAILED\n/);
    expect(out).toMatch(/\n {2}gradient of value {2}a .* ok\n/);
    expect(out).toContain("\n  FAILED gradient of value by b: it is -6, differences give -4\n");
    expect(out).toMatch(/\n\nFAILED: 1 of 3 derivatives, 3 entries\n$/);
    expect(error).toContain("graph.nn:2:4: error: `L`: the gradient of `value` by `b` is wrong [check-failed]");
    const json = await checkCommand([...point, "--json"], wrong);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({
      files: [
        {
          passed: false,
          items: [{ passed: false, derivatives: [{ by: "a", passed: true }, { by: "b", passed: false, failures: [{ at: [], derivative: -6 }] }, { by: "c", passed: true }] }],
          diagnostics: [{ code: "check-failed", severity: "error" }],
        },
      ],
    }); // prettier-ignore
    // The whole of a rule away, and a value of the f32 module alone.
    expect((await checkCommand(point, (text) => text.replace("gradient_c = e", "gradient_c = 0"))).code).toBe(1);
    const single = await checkCommand(point, (text, p) => (p === "f64" ? text : text.replaceAll("c * e", "c * e * 1.001"))); // prettier-ignore
    expect(single.code).toBe(1);
    expect(single.out).toMatch(/\n\nFAILED: \d values? in f32\n$/);
    expect((await checkCommand(point, (text) => text)).code).toBe(0);
  });

  it("shows nothing that a terminal would obey", async () => {
    const { out, error } = await check(join(folderWith({ "a\u001b[31m.nn": "fn f(x) = log(x - 1)\n" }), "*.nn"));
    expect(out).toContain("passed");
    expect(out + error).not.toContain("\u001b");
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
