import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { folderWith } from "./support.ts";

/** The command as a process, with the real compiler behind it. */
function derive(folder: string, ...args: readonly string[]): { code: number | null; out: string; error: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), resolve("src/cli/main.ts"), ...args],
    { cwd: folder, encoding: "utf8" },
  );
  return { code: status, out: stdout, error: stderr };
}

it("compiles, refuses and explains itself as a process", () => {
  const folder = folderWith({
    "graph.nn": 'import { double } from "./lib/double.nn"\nfn L(a, b, c) {\n  e = a + double(b)\n  return c * e\n}\n',
    "lib/double.nn": "fn double(x) = 2 * x\n",
    "wrong.nn": "fn f(x: [n], y: [m]) = sum(x + y) + zz\n",
  });
  const done = derive(folder, "graph.nn", "wrong.nn");
  expect(done.error).toContain("wrong.nn:1:");
  expect(done.error).not.toMatch(/graph\.nn|internal/);
  expect(done.error).toContain("2 errors\n");
  expect(done.code).toBe(1);
  expect(done.out).toBe("graph.nn -> generated/graph.ts\n");
  expect(readdirSync(join(folder, "generated"))).toEqual(["graph.ts"]);
  expect(readFileSync(join(folder, "generated/graph.ts"), "utf8")).toContain("export function LGradient(");

  expect(derive(folder, "graph.nn", "--stdout").out).toBe(readFileSync(join(folder, "generated/graph.ts"), "utf8"));
  expect(derive(folder, "--version")).toMatchObject({ code: 0, error: "" });
}, 60_000);
