// npm run bench [-- WORKLOAD ...]: times a training step of derive's generated code and of the libraries in the peer benchmark, where that
// is installed: in the folder that DERIVE_BENCH_PEERS names, or ../shared/bench beside the project. Absolute times move from machine to
// machine; ratios within one run are what counts.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createTrainer } from "./load.ts";
import { formatTable } from "./table.ts";
import type { Row } from "./table.ts";
import { measure, workloads } from "./workloads.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

async function timeDerive(only: string[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const workload of workloads.filter(({ name }) => only.length === 0 || only.includes(name))) {
    const data = workload.batches.map((batch) => ({ batch, arrays: workload.data(batch) }));
    for (const { batch, arrays } of data) {
      for (const target of ["wasm", "wasm --relaxed", "ts"] as const) {
        const trainer = await createTrainer(workload, batch, target);
        // An engine without relaxed SIMD has the other kernels.
        if (target === "wasm --relaxed" && trainer.engine !== "wasm-relaxed") continue;
        const { ms, loss } = measure(() => trainer.step(arrays));
        rows.push({ peer: `derive ${target}`, workload: workload.name, batch, ms, loss });
      }
    }
  }
  return rows;
}

function timePeers(only: string[]): Row[] {
  const folder = process.env["DERIVE_BENCH_PEERS"] ?? join(root, "..", "shared", "bench");
  if (!existsSync(join(folder, "run.mjs"))) {
    console.error(`No peers in ${folder}: derive alone.`);
    return [];
  }
  if (!existsSync(join(folder, "node_modules"))) {
    console.error(
      `The peers in ${folder} are not installed (npm ci --ignore-scripts there): derive and what else runs.`,
    );
  }
  const env = { ...process.env, JSON_ROWS: "1" };
  const { stdout, stderr } = spawnSync(process.execPath, ["run.mjs", ...only], { cwd: folder, env, encoding: "utf8" });
  process.stderr.write(stderr);
  const rows = stdout.split("\n").find((line) => line.startsWith("["));
  return rows === undefined ? [] : (JSON.parse(rows) as Row[]);
}

const only = process.argv.slice(2);
const unknown = only.filter((name) => workloads.every((workload) => workload.name !== name));
if (unknown.length > 0) {
  console.error(`Unknown workload ${unknown.join(", ")}; there are ${workloads.map(({ name }) => name).join(", ")}.`);
  process.exitCode = 2;
} else {
  const derive = await timeDerive(only);
  console.log(formatTable([...derive, ...timePeers(only)]));
}
