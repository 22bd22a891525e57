// Which engine a model runs on: asked for, taken away, refused, too old; and that the results are the same up to rounding.
import { execFileSync } from "node:child_process";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { compile } from "../../../src/compile.ts";
import { load } from "../../../src/evaluate.ts";

const source = `model Net {
  input  x: [batch, 12]
  target y: index(5)[batch]
  h = relu(dense(x, 16))
  z = dense(h, 5)
  output p = softmax(z)
  loss   cross_entropy(z, y)
  metric accuracy = mean(argmax(z, axis = -1) == y)
  train  adam(lr = 0.01)
}
`;

interface Batch {
  readonly x: Float32Array;
  readonly y: Int32Array;
}

interface Trainer {
  readonly engine: string;
  readonly params: Readonly<Record<string, Float32Array>>;
  step(batch: Batch): number;
  forward(inputs: { x: Float32Array }, options?: { out: { p: Float32Array } }): { p: Float32Array };
  gradient(batch: Batch): { loss: number; gradient: Record<string, Float32Array> };
  apply(gradient: Record<string, Float32Array>): void;
  evaluate(batch: Batch): { loss: number; accuracy: number };
  save(): Uint8Array;
}

interface Host {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: unknown;
  readonly Memory: unknown;
  readonly CompileError: new (message: string) => Error;
}

const host = (globalThis as unknown as { readonly WebAssembly: Host }).WebAssembly;

type Create = (options: { batch: number; engine?: string; wasm?: unknown; threads?: number }) => Trainer;

let create: Create;
let code = "";
beforeAll(async () => {
  const compiled = await compile(source, { path: "net.nn", target: "wasm", emit: "js", format: false });
  code = compiled.code ?? "";
  create = load(code).createNetTrainer as Create;
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const u = (i: number): number => ((Math.imul(i, 2654435761 | 0) >>> 0) / 4294967296) * 2 - 1;
const batchOf = (size: number): Batch => ({
  x: Float32Array.from({ length: 12 * size }, (_, i) => u(i + 1)),
  y: Int32Array.from({ length: size }, (_, i) => (i * 7 + 3) % 5),
});

/** Singles of sums of at most 16 products of numbers below 1 in a few layers. */
const closeTo = (found: ArrayLike<number>, wanted: ArrayLike<number>): void => {
  expect(found.length).toBe(wanted.length);
  for (let k = 0; k < wanted.length; k++)
    expect(Math.abs(found[k] - wanted[k])).toBeLessThan(2 ** -24 * 64 * (1 + Math.abs(wanted[k])));
};

test.each([1, 2, 5, 8])("every entry point computes what the TypeScript kernels do, %i rows", (rows) => {
  const [wasm, ts] = ["wasm", "ts"].map((engine) => create({ batch: 8, engine }));
  expect([wasm.engine, ts.engine]).toEqual(["wasm", "ts"]);
  const batch = batchOf(rows);
  for (const key of Object.keys(ts.params)) expect(wasm.params[key]).toEqual(ts.params[key]);
  closeTo(wasm.forward({ x: batch.x }).p, ts.forward({ x: batch.x }).p);
  const out = { p: new Float32Array(5 * rows) };
  expect(wasm.forward({ x: batch.x }, { out }).p).toBe(out.p);
  expect(out.p).toEqual(wasm.forward({ x: batch.x }).p);
  const [found, wanted] = [wasm.gradient(batch), ts.gradient(batch)];
  closeTo([found.loss], [wanted.loss]);
  for (const [key, g] of Object.entries(wanted.gradient)) closeTo(found.gradient[key], g);
  const [a, b] = [wasm.evaluate(batch), ts.evaluate(batch)];
  closeTo([a.loss, a.accuracy], [b.loss, b.accuracy]);
  closeTo([wasm.step(batch)], [ts.step(batch)]);
});

test("the same seed gives the same bits, and apply after gradient is a step up to the gradient's rounding", () => {
  const [one, two, three] = [1, 2, 3].map(() => create({ batch: 8, engine: "wasm" }));
  const batch = batchOf(7);
  for (let k = 0; k < 3; k++) {
    one.step(batch);
    two.step(batch);
  }
  expect(two.save()).toEqual(one.save());
  three.apply(three.gradient(batch).gradient);
  const stepped = create({ batch: 8, engine: "wasm" });
  stepped.step(batch);
  for (const [key, array] of Object.entries(stepped.params)) closeTo(three.params[key], array);
});

test("parameters are live arrays of the memory that kernels run over", () => {
  const model = create({ batch: 2 });
  expect(model.engine).toBe("wasm");
  for (const array of Object.values(model.params)) array.fill(0);
  expect(Array.from(model.forward({ x: batchOf(2).x }).p)).toEqual(new Array(10).fill(Math.fround(0.2)));
  const [first] = Object.values(model.params);
  expect(() => model.step({ x: first.subarray(0, 24), y: batchOf(2).y })).toThrow(/x/);
});

describe("falls back to TypeScript kernels, or throws where the engine was asked for", () => {
  function refusing(): never {
    throw new EvalError("Refused to compile: 'wasm-eval' is not allowed");
  }
  /** An engine that knows no SIMD, as it were: it refuses the bytes. */
  function old(bytes: Uint8Array): never {
    expect(Array.from(bytes.subarray(0, 4))).toEqual([0, 0x61, 0x73, 0x6d]);
    throw new host.CompileError("invalid opcode 0xfd");
  }
  test.each<readonly [string, ((bytes: Uint8Array) => never) | undefined, RegExp]>([
    ["missing", undefined, /createNetTrainer: engine wasm: there is no WebAssembly here/],
    ["refused", refusing, /engine wasm: EvalError: Refused to compile/],
    ["too old", old, /engine wasm: CompileError: invalid opcode 0xfd/],
  ])("%s", (_, Module, message) => {
    const before = create({ batch: 3, engine: "ts" });
    vi.stubGlobal("WebAssembly", Module && { Instance: host.Instance, Memory: host.Memory, Module });
    const model = create({ batch: 3 });
    expect(model.engine).toBe("ts");
    expect(model.step(batchOf(3))).toBe(before.step(batchOf(3)));
    expect(() => create({ batch: 3, engine: "wasm" })).toThrow(message);
  });

  test("nothing of WebAssembly is touched before create", () => {
    const touched: string[] = [];
    const watched = new Proxy(host, {
      get: (target, key, receiver): unknown => {
        touched.push(String(key));
        return Reflect.get(target, key, receiver);
      },
    });
    vi.stubGlobal("WebAssembly", watched);
    const loaded = load(code).createNetTrainer as Create;
    expect(touched).toEqual([]);
    expect(loaded({ batch: 1 }).engine).toBe("wasm");
    expect(touched).toContain("Module");
  });

  test("engines that there are not", () => {
    expect(() => create({ batch: 1, engine: "wasm-relaxed" })).toThrow(
      "engine wasm-relaxed: compiled without --relaxed",
    );
    expect(() => create({ batch: 1, engine: "gpu" })).toThrow('expected "ts", "wasm" or "wasm-relaxed", found "gpu"');
    expect(() => create({ batch: 1, threads: 2 })).toThrow("threads: this module runs on 1 thread");
  });
});

test("a model that is too small to gain has no WebAssembly, and says so", async () => {
  const small = "model Line { input x: [batch]\n target y: [batch]\n param a = 1\n output p = a * x\n loss mse(p, y)\n train sgd(lr = 0.1) }\n"; // prettier-ignore
  const { code: text } = await compile(small, { path: "line.nn", target: "wasm", emit: "js", format: false });
  const make = load(text ?? "").createLineTrainer as Create;
  expect(text).not.toContain("wasmBytes");
  expect(make({ batch: 2 }).engine).toBe("ts");
  expect(() => make({ batch: 2, engine: "wasm" })).toThrow("no kernel of this model gains from WebAssembly");
});

test("the bytes beside the module: given as bytes or compiled, refused otherwise", async () => {
  const options = { path: "net.nn", target: "wasm-module", relaxed: true, emit: "js", format: false } as const;
  const { code: text, wasm } = await compile(source, options);
  const make = load(text ?? "").createNetTrainer as Create;
  expect(make({ batch: 2 }).engine).toBe("ts");
  expect(() => make({ batch: 2, engine: "wasm" })).toThrow("its module was not given as the option wasm");
  const bytes = Uint8Array.from(wasm?.plain ?? []);
  expect(make({ batch: 2, wasm: bytes }).engine).toBe("wasm");
  const model = make({ batch: 2, wasm: new host.Module(bytes), engine: "wasm" });
  expect(model.engine).toBe("wasm");
  expect(model.step(batchOf(2))).toBe(create({ batch: 2, engine: "wasm" }).step(batchOf(2)));
  expect(() => make({ batch: 2, wasm: new Uint8Array(3) })).toThrow(/createNetTrainer: option wasm: CompileError/);
  expect(wasm?.relaxed?.length).toBeGreaterThan(8);
  expect(() => make({ batch: 2, wasm: bytes, engine: "wasm-relaxed" })).toThrow("the option wasm is a module for wasm");
});

test("fused multiply-adds where the engine has them, by itself or by its flag", async () => {
  const { code: text } = await compile(source, { path: "net.nn", target: "wasm", relaxed: true, emit: "js", format: false }); // prettier-ignore
  const { x, y } = batchOf(6);
  const program = `
    const { createNetTrainer } = await import("data:text/javascript;base64,${Buffer.from(text ?? "").toString("base64")}");
    const batch = { x: Float32Array.from(${JSON.stringify(Array.from(x))}), y: Int32Array.from(${JSON.stringify(Array.from(y))}) };
    const runs = [undefined, "wasm", "ts"].map((engine) => createNetTrainer({ batch: 8, engine }));
    console.log(JSON.stringify(runs.map((model) => [model.engine, model.step(batch), model.step(batch)])));`;
  // Version 20 of Node has it behind a flag, which later ones do not know any more.
  const flags = process.version.startsWith("v20.") ? ["--experimental-wasm-relaxed-simd"] : [];
  const output = execFileSync(process.execPath, [...flags, "--input-type=module"], {
    encoding: "utf8",
    input: program,
  });
  const runs = JSON.parse(output) as readonly (readonly [string, number, number])[];
  expect(runs.map(([engine]) => engine)).toEqual(["wasm-relaxed", "wasm", "ts"]);
  for (const [, first, second] of runs) closeTo([first, second], runs[2].slice(1) as number[]);
});
