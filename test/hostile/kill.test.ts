// A compile that is killed at any moment leaves the old output or the new one.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { derive, newFolder } from "./support.ts";

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

/** Two sources whose modules differ. */
const program = (factor: number): string =>
  Array.from({ length: 3 }, (_, k) => `fn f${k}(x: [n]) = sum(tanh(x * ${factor}) ^ ${k + 2})\n`).join("");

test("killing the compiler at any moment leaves each module old or new, and the next run cleans up", async () => {
  const folder = newFolder();
  const source = join(folder, "model.nn");
  const output = join(folder, "out");
  const names = ["model.d.ts", "model.js"];
  const read = (): readonly string[] => names.map((name) => readFileSync(join(output, name), "utf8"));
  const args = [source, "--emit", "js", "-o", output];
  const texts: (readonly string[])[] = [];
  for (const factor of [2, 3]) {
    writeFileSync(source, program(factor));
    expect((await derive(...args)).code).toBe(0);
    texts.push(read());
  }
  expect(texts[0][1]).not.toBe(texts[1][1]);
  const command = ["--import", import.meta.resolve("tsx"), resolve("src/cli/main.ts"), ...args];
  /** Compiles in a process of its own, and kills it after so many milliseconds; gives how long it ran. */
  const killedAfter = async (milliseconds: number): Promise<number> => {
    const started = performance.now();
    const child = spawn(process.execPath, command, { stdio: "ignore" });
    const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
    await new Promise<void>((done) => child.once("close", done));
    clearTimeout(timer);
    return performance.now() - started;
  };
  const whole = await killedAfter(20_000);
  expect(read()).toEqual(texts[1]);
  for (let round = 0; round < 12; round++) {
    // The last third of a run writes: most rounds fall there.
    const changed = round % 2;
    writeFileSync(source, program(2 + changed));
    await killedAfter(whole * (0.2 + (0.85 * round) / 11));
    read().forEach((text, k) => {
      expect([texts[0][k], texts[1][k]]).toContain(text);
    });
  }
  // What is left of the killed runs, and one more for certain, is old by now.
  const litter = [".derive-0123456789abcdef.tmp", ...readdirSync(output).filter((name) => !names.includes(name))];
  for (const name of litter) {
    expect(name).toMatch(/^\.derive-[0-9a-f]{16}\.tmp$/);
    const path = join(output, name);
    writeFileSync(path, "part of a module");
    utimesSync(path, new Date(0), new Date(0));
  }
  expect((await derive(...args)).code).toBe(0);
  expect(readdirSync(output).sort()).toEqual(names);
  // Also where there is nothing to write.
  writeFileSync(join(output, litter[0]), "part of a module");
  utimesSync(join(output, litter[0]), new Date(0), new Date(0));
  expect((await derive(...args)).code).toBe(0);
  expect(readdirSync(output).sort()).toEqual(names);
});
