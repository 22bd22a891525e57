import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { derive, folderWith } from "./support.ts";

/** Waits until something holds. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !holds(); i++) await new Promise((next) => setTimeout(next, 10));
  expect(holds()).toBe(true);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

describe("derive --watch", () => {
  it("compiles again what a change reaches, imports included, and only that", async () => {
    const folder = folderWith({ "a.nn": 'import "lib/l.nn"\n', "b.nn": "fn b\n", "lib/l.nn": "one" });
    const [a, b, lib] = [join(folder, "a.nn"), join(folder, "b.nn"), join(folder, "lib/l.nn")];
    const output = join(folder, "out");
    const stop = new AbortController();
    const running = derive([a, b, "-o", output, "--watch"], { signal: stop.signal });
    await until(() => textOf(join(output, "b.ts")) === "FN B\n");

    writeFileSync(lib, "two");
    await until(() => textOf(join(output, "a.ts")).endsWith("two"));

    // As editors save: a new file takes the place of the old one.
    writeFileSync(`${b}.new`, "fn bb\n");
    renameSync(`${b}.new`, b);
    await until(() => textOf(join(output, "b.ts")) === "FN BB\n");

    // An error leaves the output as it was; the file is still watched, also when it is gone for a while.
    rmSync(lib);
    await new Promise((next) => setTimeout(next, 200));
    expect(textOf(join(output, "a.ts"))).toMatch(/two$/);
    mkdirSync(join(folder, "lib"), { recursive: true });
    writeFileSync(lib, "three");
    await until(() => textOf(join(output, "a.ts")).endsWith("three"));

    stop.abort();
    const { calls, out } = await running;
    expect(calls.filter((call) => call.path === b)).toHaveLength(2);
    expect(out).toContain("b.nn -> ");
  });
});
