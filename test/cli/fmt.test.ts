import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { services } from "../../src/cli/compiler.ts";
import { derive, folderWith } from "./support.ts";

describe("derive fmt", () => {
  it("formats in place and leaves faulty files alone", async () => {
    const folder = folderWith({ "a.nn": "fn  a\n", "b.nn": "fn  error\n", "c.nn": "fn c\n" });
    const { code, out, error } = await derive(["fmt", join(folder, "*.nn")]);
    expect(code).toBe(1);
    expect(readFileSync(join(folder, "a.nn"), "utf8")).toBe("fn a\n");
    expect(readFileSync(join(folder, "b.nn"), "utf8")).toBe("fn  error\n");
    expect(out).toBe(`formatted ${join(folder, "a.nn")}\n`);
    expect(error).toContain("b.nn:1:5: error:");
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it("checks without writing", async () => {
    const folder = folderWith({ "a.nn": "fn  a\n", "c.nn": "fn c\n" });
    const { code, error } = await derive(["fmt", "--check", join(folder, "a.nn"), join(folder, "c.nn")]);
    expect(code).toBe(1);
    expect(error).toContain(`${join(folder, "a.nn")}: error: is not formatted [not-formatted]`);
    expect(error).not.toContain("c.nn");
    expect(readFileSync(join(folder, "a.nn"), "utf8")).toBe("fn  a\n");
    expect((await derive(["fmt", "--check", join(folder, "c.nn")])).code).toBe(0);
  });

  it("prints on request, and reports faults of derive and of usage", async () => {
    const folder = folderWith({ "a.nn": "fn  a\n", "d.nn": "crash\n" });
    expect((await derive(["fmt", "--stdout", join(folder, "a.nn")])).out).toBe("fn a\n");
    expect(readFileSync(join(folder, "a.nn"), "utf8")).toBe("fn  a\n");
    expect((await derive(["fmt", join(folder, "d.nn")])).code).toBe(70);
    expect((await derive(["fmt", join(folder, "gone.nn")])).code).toBe(2);
    expect((await derive(["fmt"])).code).toBe(2);
  });
});

describe("the formatter behind it", () => {
  it("formats what parses and gives the errors of what does not", async () => {
    const load = services.format;
    if (load === undefined) throw new Error("no formatter");
    const format = await load();
    expect(format({ path: "a.nn", text: "fn f( a,b )=a*b\n" })).toEqual({
      text: "fn f(a, b) = a * b\n",
      diagnostics: [],
    });
    const broken = format({ path: "a.nn", text: "fn f(a = \n" });
    expect(broken.text).toBeNull();
    expect(broken.diagnostics.map(({ severity }) => severity)).toContain("error");
  });
});
