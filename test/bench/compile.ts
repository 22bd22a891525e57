/**
 * Times the compiler as it is built (`npm run build`): `compile` of a source in a warm process with and without layout,
 * and the whole command in a process of its own. Medians; it reports and judges nothing.
 *
 *     npm run bench:compile [-- model.nn]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { compile as Compile } from "../../src/compile.ts";

const path = process.argv.at(2) ?? "examples/digits/digits.nn";
const source = readFileSync(path, "utf8");
const { compile } = (await import(new URL("../../dist/src/compile.js", import.meta.url).href)) as { compile: typeof Compile }; // prettier-ignore

async function median(runs: number, body: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await body();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[runs >> 1];
}

const read = (file: string): string => readFileSync(file, "utf8");
const cold = await median(1, () => compile(source, { path, read, format: false }));
await median(40, () => compile(source, { path, read }));
const bare = await median(21, () => compile(source, { path, read, format: false }));
const formatted = await median(21, () => compile(source, { path, read }));
const folder = mkdtempSync(join(tmpdir(), "derive-bench-"));
const command = await median(7, () => {
  const { status, stderr } = spawnSync(process.execPath, ["dist/src/cli/main.js", path, "-o", folder]);
  if (status !== 0) throw new Error(stderr.toString());
});
rmSync(folder, { recursive: true });
console.log(path);
console.log(`  compile, first call without layout   ${cold.toFixed(0)} ms`);
console.log(`  compile, warm, without layout        ${bare.toFixed(1)} ms`);
console.log(`  compile, warm, with layout           ${formatted.toFixed(1)} ms`);
console.log(`  derive ${path}, in all   ${command.toFixed(0)} ms`);
