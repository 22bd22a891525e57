import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith } from "../cli/support.ts";
import { derive } from "../hostile/support.ts";

describe("derive explain", () => {
  it("explains a file, with values from the command line and from files", async () => {
    const folder = folderWith({
      "f.nn": "const k = 2\nfn f(x: [n], y) = sum(x) * y * k",
      "x.json": '{ "x": [1, 2, 3] }',
    });
    const file = join(folder, "f.nn");
    expect((await derive("explain", file)).out).toContain("df/dy = 2 * sum(x)");
    const { code, out } = await derive("explain", file, "--at", join(folder, "x.json"), "--at", "y=5", "--set", "k=3");
    expect(code).toBe(0);
    expect(out).toContain("df/dy = 3 * sum(x)   = 18");
    expect(out).toContain("= 90");
  });

  it("refuses values that cannot be read", async () => {
    const folder = folderWith({ "f.nn": "fn f(x) = x^2" });
    const file = join(folder, "f.nn");
    const wrong = { "list.json": "[1]", "text.json": '{ "x": "1" }', "broken.json": "{", "x.json": '{ "x": 1 }' };
    for (const [name, text] of Object.entries(wrong)) writeFileSync(join(folder, name), text);
    for (const name of ["list.json", "text.json", "broken.json", "gone.json"]) {
      const { code, error } = await derive("explain", file, "--at", join(folder, name));
      expect(code, name).toBe(2);
      expect(error, name).toContain(name);
    }
    expect((await derive("explain", file, "--at", join(folder, "x.json"), "--at", "x=2")).code).toBe(2);
    const { code, out, error } = await derive("explain", file, "--at", "y=1");
    expect([code, out]).toEqual([1, ""]);
    expect(error).toContain("`f` has no argument or parameter `y`");
  });
});
