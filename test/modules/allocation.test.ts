// `step` and `evaluate` allocate nothing, `forward` and `gradient` nothing where `out` is given: the heap of a child process is
// measured before and after 10,000 calls without a collection in between. The loss that `step` returns is boxed by the
// engine where it does not inline it; that is all there may be.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compile } from "../../src/compile.ts";

const calls = 10_000;
/** The number that a call returns may be boxed, in 16 bytes at most. */
const boxed = 16;

const xor = `model XOR {
  input x: [batch, 2]
  target y: [batch, 1]
  h = tanh(dense(x, 8))
  output p = sigmoid(dense(h, 1))
  loss bce(p, y)
  metric accuracy = mean(round(p) == y)
  train sgd(lr = 0.5)
}`;

const looped = `model Net {
  input x: [batch, 32]
  target y: index(10)[batch]
  h = dropout(relu(dense(x, 64)), 0.2)
  z = dense(h, 10)
  output p = softmax(z)
  loss cross_entropy(z, y)
  metric accuracy = mean(argmax(z, axis = -1) == y)
  train adam(lr = 0.001 * 0.5^(step / 1000), clip_norm = 1)
}`;

const embedded = `model Words {
  input words: index(50)[batch, 3]
  input scale
  target y: index(50)[batch]
  e = reshape(embedding(words, 50, 8), [batch, 24]) * scale
  z = dense(dropout(tanh(dense(e, 16)), 0.5), 50)
  output z
  output total = sum(z)
  loss cross_entropy(z, y)
  train adam(lr = 0.01)
}`;

const recurrent = `model Series {
  input x: [batch, time, 2]
  target y: [batch, 2]
  h = lstm(multi_head_attention(x, 2, causal = true), 2)
  output p = dense(batch_norm(gru(h, 2)[:, -1]), 2)
  loss mse(p, y)
  train adamw(lr = 0.01)
}`;

const xorSetup = `const m = createXORTrainer({ batch: 4 });
  const batch = { x: new Float32Array([0, 0, 0, 1, 1, 0, 1, 1]), y: new Float32Array([0, 1, 1, 0]) };
  const inputs = { x: batch.x };
  const out = { out: { p: new Float32Array(4) } };`;
const loopedSetup = `const m = createNetTrainer({ batch: 2 });
  const batch = { x: new Float32Array(2 * 32).map((_, i) => Math.sin(i)), y: new Int32Array(2).map((_, i) => i) };
  const inputs = { x: batch.x };
  const out = { out: { p: new Float32Array(20) } };`;
const embeddedSetup = `const m = createWordsTrainer({ batch: 2 });
  const batch = { words: new Uint8Array(6).map((_, i) => i * 8), scale: 0.5, y: new Int32Array(2).map((_, i) => i) };
  const inputs = { words: batch.words, scale: 0.5 };
  const out = { out: { z: new Float32Array(100), total: 0.5 } };`;
const recurrentSetup = `const m = createSeriesTrainer({ batch: 2, time: 3 });
  const batch = { x: new Float32Array(12).map((_, i) => Math.sin(i)), y: new Float32Array(4) };
  const inputs = { x: batch.x };
  const out = { out: { p: new Float32Array(4) } };`;

const programs = [
  ["a straight-line model", xor, xorSetup],
  ["a model of loops", looped, loopedSetup],
  ["a model of words", embedded, embeddedSetup],
  ["a model of series", recurrent, recurrentSetup],
] as const;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "derive-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Growth {
  /** Bytes by which the heap has grown after the calls, before any collection. */
  readonly uncollected: number;
  /** Bytes that are left of it after a collection. */
  readonly kept: number;
}

/** Runs a module in a process of its own. */
async function growth(source: string, setup: string, call: string): Promise<Growth> {
  const { code, diagnostics } = await compile(source, { path: "m.nn", emit: "js", format: false });
  expect(diagnostics).toEqual([]);
  const program = `${code ?? ""}
    ${setup}
    const grad = { out: { gradient: Object.fromEntries(Object.entries(m.params).map(([k, a]) => [k, new Float32Array(a.length)])) } };
    function run(n) { for (let i = 0; i < n; i++) { ${call}; } }
    const use = () => { const u = process.memoryUsage(); return u.heapUsed + u.arrayBuffers; };
    // The engine compiles in the background meanwhile.
    for (let k = 0; k < 3; k++) { run(${String(calls)}); await new Promise((done) => setTimeout(done, 60)); }
    use();
    gc();
    const before = use();
    run(${String(calls)});
    const middle = use();
    run(${String(calls)});
    const after = use();
    gc();
    // Work of the engine's own (compiling, tables) falls into one of the halves.
    console.log(JSON.stringify({ uncollected: Math.min(middle - before, after - middle), kept: use() - before }));`;
  const file = join(folder, "module.mjs");
  writeFileSync(file, program);
  // A young generation that holds everything: nothing is collected in between.
  const flags = ["--expose-gc", "--max-semi-space-size=128", "--min-semi-space-size=128"];
  return JSON.parse(execFileSync(process.execPath, [...flags, file], { encoding: "utf8" })) as Growth;
}

const entryPoints = [
  ["step", "m.step(batch)", boxed],
  ["evaluate", "m.evaluate(batch)", 0],
  ["forward with out", "m.forward(inputs, out)", 0],
  ["gradient with out", "m.gradient(batch, grad)", 0],
] as const;

const cases = programs.flatMap(([what, source, setup]) =>
  // The words differ in how their inputs are checked.
  entryPoints
    .slice(0, source === embedded || source === recurrent ? 2 : 4)
    .map(([entry, call, bytes]) => ({ entry, what, source, setup, call, bytes })),
);

const slack = 5 * calls;
/** What the engine itself keeps: compiled code and tables, whatever the number of calls. */
const engine = 400_000;

test.each(cases)(
  "$entry of $what allocates nothing",
  async ({ source, setup, call, bytes }) => {
    const { uncollected, kept } = await growth(source, setup, call);
    expect(uncollected).toBeLessThan(calls * bytes + slack);
    expect(kept).toBeLessThan(engine);
  },
  60_000,
);

test("the measurement sees an array a call", async () => {
  const { uncollected } = await growth(xor, xorSetup, "globalThis.kept = [m.step(batch)]");
  expect(uncollected).toBeGreaterThan(calls * 2 * boxed + slack);
});
