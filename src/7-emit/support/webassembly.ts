/** What generated models share whose kernels also come as WebAssembly. */

/** A kernel: takes addresses in memory, integers and truth values as integers. */
export type WasmKernel = (...args: number[]) => number;

/** The part of the host's WebAssembly that is used. */
export interface WasmHost {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
}

/** One memory, and the kernels that run over it. */
export interface WasmEngine {
  readonly name: "wasm" | "wasm-relaxed";
  readonly memory: ArrayBuffer;
  readonly kernels: Readonly<Record<string, WasmKernel>>;
}

/** Options of `create...` that choose an engine. */
export interface EngineOptions {
  readonly engine?: string;
  readonly wasm?: unknown;
  readonly threads?: number;
}

/** Throws where options ask for an engine or for threads that there are not. */
export function checkEngineOptions(options: EngineOptions | undefined, create: string): void {
  const engine = options?.engine;
  if (engine !== undefined && engine !== "ts" && engine !== "wasm" && engine !== "wasm-relaxed") {
    throw new Error(`${create}: engine: expected "ts", "wasm" or "wasm-relaxed", found ${JSON.stringify(engine)}`);
  }
  if (options?.threads !== undefined && options.threads !== 1) {
    throw new Error(`${create}: threads: this module runs on 1 thread, found ${String(options.threads)}`);
  }
}

/** As `checkEngineOptions`, for a model none of whose kernels gains from WebAssembly. */
export function checkPlainEngine(options: EngineOptions | undefined, create: string): void {
  checkEngineOptions(options, create);
  if (options?.engine !== undefined && options.engine !== "ts") {
    throw new Error(`${create}: engine ${options.engine}: no kernel of this model gains from WebAssembly`);
  }
}

/** The bytes of base64 text. */
export function bytesOfBase64(text: string): Uint8Array {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

/**
 * An engine with `size` bytes of memory; null where there is none to be had and the kernels in JavaScript will do.
 * `plain`, `relaxed`: the modules as base64, null where the file has none. Throws where options insist on an engine.
 */
export function startEngine(
  options: EngineOptions | undefined,
  plain: string | null,
  relaxed: string | null,
  size: number,
  create: string,
): WasmEngine | null {
  const wanted = options?.engine;
  if (wanted === "ts") return null;
  const host = (globalThis as { WebAssembly?: WasmHost }).WebAssembly;
  let reason = "there is no WebAssembly here";
  if (host !== undefined) {
    const start = (module: object): WasmEngine => {
      const memory = new host.Memory({ initial: Math.ceil(size / 65536) });
      const exports = new host.Instance(module, { env: { memory } }).exports as WasmEngine["kernels"];
      return { name: "relaxed" in exports ? "wasm-relaxed" : "wasm", memory: memory.buffer, kernels: exports };
    };
    if (options?.wasm !== undefined) {
      let given: WasmEngine;
      try {
        const module = options.wasm as object;
        given = start(module instanceof Uint8Array ? new host.Module(module) : module);
      } catch (error) {
        throw new Error(`${create}: option wasm: ${String(error)}`, { cause: error });
      }
      if (wanted === undefined || wanted === given.name) return given;
      throw new Error(`${create}: engine ${wanted}: the option wasm is a module for ${given.name}`);
    }
    reason = "its module was not given as the option wasm";
    if (wanted === "wasm-relaxed" && relaxed === null && plain !== null) reason = "compiled without --relaxed";
    // What an engine, a security policy or a lack of memory refuses is left to the next.
    for (const text of [wanted === "wasm" ? null : relaxed, wanted === "wasm-relaxed" ? null : plain]) {
      if (text === null) continue;
      try {
        return start(new host.Module(bytesOfBase64(text)));
      } catch (error) {
        reason = String(error);
      }
    }
  }
  if (wanted !== undefined) throw new Error(`${create}: engine ${wanted}: ${reason}`);
  return null;
}

/** Copies the first entries of an array in memory to a result. */
export function copyOut(from: ArrayLike<number>, to: { [index: number]: number; readonly length: number }): void {
  for (let i = 0; i < to.length; i++) to[i] = from[i];
}
