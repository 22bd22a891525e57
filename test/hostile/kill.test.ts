// A compile that is killed at any moment leaves the old output or the new one.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { newFolder } from "./support.ts";

/** Writes one of two long texts by turns, without an end. */
const writer = (path: string): string => `
import { writeAtomically } from ${JSON.stringify(resolve("src/cli/files.ts"))};
process.stdout.write("ready");
for (let k = 0; ; k++) writeAtomically(${JSON.stringify(path)}, (k % 2 === 0 ? "a" : "b").repeat(2000000));
`;

test("killing a writer leaves a whole file", async () => {
  const folder = newFolder();
  const output = join(folder, "model.ts");
  const script = join(folder, "writer.ts");
  writeFileSync(script, writer(output));
  writeFileSync(output, "b".repeat(2_000_000));
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), script], { stdio: ["ignore", "pipe", "ignore"] }); // prettier-ignore
    const closed = new Promise<void>((done) => child.once("close", done));
    await new Promise<void>((done) => child.stdout.once("data", done));
    await new Promise<void>((done) => setTimeout(done, 7 + 11 * round));
    child.kill("SIGKILL");
    await closed;
    const text = readFileSync(output, "utf8");
    expect(text === "a".repeat(2_000_000) || text === "b".repeat(2_000_000)).toBe(true);
    const others = readdirSync(folder).filter((name) => name !== "model.ts" && name !== "writer.ts");
    expect(others.filter((name) => !/^\.derive-[0-9a-f]{16}\.tmp$/.test(name))).toEqual([]);
  }
});
