// Elementary functions in WebAssembly give the bits that the TypeScript functions give, whose errors are measured elsewhere: alone, and
// both lanes of vectors whose lanes take the same branches of the program or different ones.
import { expect, test } from "vitest";
import { mathFunction, mathFunctions, mathSupport } from "../../../src/7-emit/support/math/index.ts";
import { assembler } from "../../../src/7-emit/wasm/assemble.ts";
import { MathWriter } from "../../../src/7-emit/wasm/math.ts";
import { reservedBytes, exchangeBytes } from "../../../src/7-emit/wasm/module.ts";
import { printModule } from "../../../src/7-emit/wasm/print.ts";
import * as wat from "../../../src/7-emit/wasm/syntax.ts";
import type { WasmFunction } from "../../../src/7-emit/wasm/syntax.ts";
import type { WasmHost } from "../../../src/7-emit/support/webassembly.ts";

const host = (globalThis as unknown as { readonly WebAssembly: WasmHost }).WebAssembly;
const special = [0, -0, 1, -1, Infinity, -Infinity, NaN, 1e-300, 5e-324, -1e-310, 709, -745.2, 88, -87.5, 0.5, 2, 3, -3, 1e10, 1e300, 0.1, 40, -40, 700, -700, 0.2499, 1e-9, 1048577.3, 123456789.25, 0.29, -0.7]; // prettier-ignore
const bytes = new DataView(new ArrayBuffer(8));

/** Special numbers, everyday ones, and any bits; the sequence is always the same. */
function* operands(): Generator<number> {
  let state = 12345;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  for (;;) {
    const kind = next();
    if (kind < 0.3) yield special[Math.floor(next() * special.length)];
    else if (kind < 0.6) yield (next() - 0.5) * 4;
    else if (kind < 0.85) yield (next() - 0.5) * 2000 * next();
    else {
      bytes.setUint32(0, next() * 2 ** 32);
      bytes.setUint32(4, next() * 2 ** 32);
      yield bytes.getFloat64(0);
    }
  }
}

/** By exact remainders of any two doubles, for which there is no instruction. */
const without = new Set<string>(["mod", "div"]);

test.each(["f32", "f64"] as const)("%s", async (precision) => {
  const assemble = await assembler();
  const math = new MathWriter(exchangeBytes, reservedBytes);
  const exported: WasmFunction[] = [];
  const names = mathFunctions.filter((name) => !without.has(name));
  for (const name of names) {
    const { entry } = mathSupport(name, precision);
    const { length } = mathFunction(name, precision);
    for (const vector of [false, true]) {
      const callee = math.use(entry, vector);
      if (callee === null) throw new Error(`${entry} has no WebAssembly`);
      const given = Array.from({ length }, (_, k) => wat.op(wat.access(vector ? "v128.load" : "f64.load", 16 * k), wat.i32(0))); // prettier-ignore
      const store = wat.op(wat.access(vector ? "v128.store" : "f64.store", 32), wat.i32(0), wat.call(callee, ...given));
      exported.push({ name: `${name}${vector ? "_2" : ""}`, exported: true, parameters: [], result: null, locals: [], body: [store], comment: [] }); // prettier-ignore
    }
  }
  for (const name of without) expect(math.use(mathSupport(name as "mod", precision).entry, true)).toBeNull();
  const functions = [...math.functions, ...exported];
  const text = printModule({ functions, globals: math.globals, data: math.data, relaxed: false });
  const memory = new host.Memory({ initial: 1 });
  const { exports } = new host.Instance(new host.Module(assemble(text, { relaxed: false })), { env: { memory } });
  const call = exports as Readonly<Record<string, () => void>>;
  const view = new Float64Array(memory.buffer);
  const drawn = operands();
  const differ: string[] = [];
  for (const name of names) {
    const f = mathFunction(name, precision);
    for (let k = 0; k < 400; k++) {
      for (let at = 0; at < 4; at++) view[at] = drawn.next().value as number;
      if (name === "powi") for (let at = 2; at < 4; at++) view[at] = Math.round(view[at] % 70) || 0;
      const wanted = [f(view[0], view[2]), f(view[1], view[3])];
      call[`${name}_2`]();
      const found = [view[4], view[5]];
      call[name]();
      for (const [lane, value] of [...found, view[4]].entries()) {
        if (!Object.is(value, wanted[lane % 2])) differ.push(`${name} of ${view[lane % 2]}, ${view[2 + (lane % 2)]}: ${value}, not ${wanted[lane % 2]}`); // prettier-ignore
      }
    }
  }
  expect(differ).toEqual([]);
});
