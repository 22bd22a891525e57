/** The WebAssembly part of a generated module: kernel functions as they are asked for, each once. */
import type { ElementType } from "../../ir/graph.ts";
import type { Buffer, Kernel } from "../../ir/program.ts";
import { largestBatch } from "../../ir/program.ts";
import * as dims from "../../ir/dim.ts";
import type { Uses } from "../typescript/kernel-uses.ts";
import { symbolHint, usesOf } from "../typescript/kernel-uses.ts";
import { elementaryEntry } from "../typescript/kernels.ts";
import { freeName, identifierOf } from "../typescript/names.ts";
import { MathWriter } from "./math.ts";
import { Unsupported, type Given } from "./numbers.ts";
import { PieceWriter } from "./kernel.ts";
import { panelSize, piecesOf } from "./plan.ts";
import { storePart } from "./stores.ts";
import { printModule } from "./print.ts";
import { FunctionWriter } from "./scopes.ts";
import { lanesOf, type Precision } from "./shape.ts";
import * as wat from "./syntax.ts";
import type { Local, WasmFunction } from "./syntax.ts";

/** Bytes at the start of memory in which reals are passed to kernels and come from them. */
export const exchangeBytes = 16 * largestBatch;

/** Bytes at the start of memory, tables of elementary functions after the exchange, before the arrays. */
export const reservedBytes = 12 * 1024;

/** The constants of a generated module that hold its WebAssembly as base64: as every engine runs it, and relaxed. */
export const wasmConstants = ["wasmBytes", "relaxedBytes"] as const;

/** Bytes beyond the last buffer that a vector may reach into. */
export const spareBytes = 64;

/** A kernel as a WebAssembly function: what it takes, in this order: room for a panel if it has one, addresses of buffers, numbers that are no reals, symbols. */
export interface WasmKernel {
  readonly name: string;
  /** How many reals it packs at most; null where it takes no room for that. */
  readonly panel: dims.Dim | null;
  readonly buffers: readonly string[];
  /** Reals, by their places in the exchange. */
  readonly reals: readonly string[];
  readonly others: readonly (readonly [name: string, element: ElementType])[];
  readonly symbols: readonly dims.Dim[];
  /** What it returns; a real lies in the first place of the exchange. */
  readonly result: ElementType | null;
}

export class WasmWriter {
  readonly precision: Precision;
  readonly #functions = new Map<string, WasmFunction>();
  readonly #byKey = new Map<string, { readonly name: string } | null>();
  readonly #names = new Set<string>([storePart]);
  readonly #math = new MathWriter(exchangeBytes, reservedBytes);
  readonly #uses = new Map<NonNullable<Kernel["nest"]>, { readonly signature: string; readonly used: Uses }[]>();

  constructor(precision: Precision) {
    this.precision = precision;
  }

  /** The function for a kernel, named after `hint`; null where the kernel has none. */
  kernel(kernel: Kernel, bufferOf: (name: string) => Buffer, hint: string): WasmKernel | null {
    const { nest } = kernel;
    if (nest === null) return null;
    const used = this.#usesOf(kernel, nest, bufferOf);
    const outside = [...used.buffers].map((buffer) => bufferOf(buffer).element);
    const key = `${outside.join(" ")}: ${used.key}`;
    let known = this.#byKey.get(key);
    if (known === undefined) {
      known = this.#declare(kernel, used, bufferOf, hint);
      this.#byKey.set(key, known);
    }
    if (known === null) return null;
    const reals = [...used.arguments].filter(([, element]) => element === "real").map(([name]) => name);
    const others = [...used.arguments].filter(([, element]) => element !== "real");
    const result = nest.values.at(0)?.value.element ?? null;
    const pieces = piecesOf(nest);
    const panel = pieces === null ? null : panelSize(pieces, lanesOf(this.precision));
    return {
      name: known.name,
      panel,
      buffers: [...used.buffers],
      reals,
      others,
      symbols: [...used.symbols.values()],
      result,
    };
  }

  #usesOf(kernel: Kernel, nest: NonNullable<Kernel["nest"]>, bufferOf: (name: string) => Buffer): Uses {
    const sizeOf = (buffer: string): dims.Dim => dims.product(bufferOf(buffer).shape);
    const list = this.#uses.get(nest) ?? [];
    const signatureOf = (used: Uses): string => [...used.buffers].map((b) => `${b} ${sizeOf(b).key}`).join();
    const known = list.find(({ signature, used }) => signature === signatureOf(used));
    if (known !== undefined) return known.used;
    const used = usesOf({ ...kernel, ...nest }, sizeOf);
    this.#uses.set(nest, [...list, { signature: signatureOf(used), used }]);
    return used;
  }

  #declare(
    { nest, comment }: Kernel,
    used: Uses,
    bufferOf: (name: string) => Buffer,
    hint: string,
  ): { readonly name: string } | null {
    if (nest === null || nest.values.length > 1) return null;
    const pieces = piecesOf(nest);
    if (pieces === null) return null;
    const reals = [...used.arguments].filter(([, element]) => element === "real").map(([name]) => name);
    if (reals.length > exchangeBytes / 8) return null;
    const w = new FunctionWriter();
    const taken = new Set<string>();
    const formal = (name: string): string => {
      const own = freeName(identifierOf(name), taken);
      taken.add(own);
      return w.name(own);
    };
    const variables = pieces.flatMap((p) => [...p.axes, ...(p.sum?.axes ?? [])]).map(({ variable }) => variable);
    for (const variable of variables) {
      taken.add(variable);
      w.name(variable);
    }
    const panel = panelSize(pieces, lanesOf(this.precision)) === null ? null : formal("panel");
    const buffers = new Map([...used.buffers].map((name) => [name, formal(bufferOf(name).label)]));
    const others = new Map(
      [...used.arguments].filter(([, element]) => element !== "real").map(([name]) => [name, formal(name)]),
    );
    const symbols = new Map([...used.symbols].map(([name, dim]) => [name, formal(symbolHint(name, dim))]));
    const written = new Set(pieces.flatMap(({ stores }) => stores.map(({ buffer }) => buffer)));
    const given: Given = {
      precision: this.precision,
      buffer: (name) => ({
        local: buffers.get(name) ?? "",
        element: bufferOf(name).element,
        written: written.has(name),
      }),
      symbol: (name) => symbols.get(name) ?? "",
      panel,
      argument: (name) => {
        const slot = reals.indexOf(name);
        if (slot >= 0) return wat.op(wat.access("f64.load", slot * 8), wat.i32(0));
        return wat.get(others.get(name) ?? "");
      },
      elementary: ({ operation }, vector) => {
        const entry = elementaryEntry(operation, this.precision);
        return entry === null ? null : this.#math.use(entry, vector);
      },
    };
    try {
      const writer = new PieceWriter(w, given);
      for (const piece of pieces) writer.piece(piece);
    } catch (error) {
      if (error instanceof Unsupported) return null;
      throw error;
    }
    const element = nest.values.at(0)?.value.element;
    const parameters: Local[] = [
      ...(panel === null ? [] : [panel]),
      ...buffers.values(),
      ...others.values(),
      ...symbols.values(),
    ].map((name) => ({
      name,
      type: "i32",
    }));
    let name = hint;
    for (let k = 2; this.#names.has(name); k++) name = `${hint}${k}`;
    this.#names.add(name);
    this.#functions.set(name, {
      name,
      exported: true,
      parameters,
      result: element === undefined || element === "real" ? null : "i32",
      locals: w.locals,
      body: w.root.code,
      comment,
    });
    return { name };
  }

  /** The names of the kernel functions. */
  get kernels(): readonly string[] {
    return [...this.#functions.keys()];
  }

  /** The module as text, with multiply-adds that round once or twice if `relaxed`; null where no kernel has a function. */
  text(relaxed: boolean): string | null {
    if (this.#functions.size === 0) return null;
    const helpers = lanesOf(this.precision) === 4 ? [storeLanes()] : [];
    const functions = [...this.#functions.values(), ...helpers, ...this.#math.functions].map((f) => ({
      ...f,
      body: f.body.map((code) => wat.withMultiplyAdd(code, relaxed)),
    }));
    return printModule({ functions, globals: this.#math.globals, data: this.#math.data, relaxed });
  }
}

/** Stores the first `count` of four singles; all where there are as many. */
function storeLanes(): WasmFunction {
  const [at, lanes, count] = ["at", "lanes", "count"].map(wat.get);
  const lane = (offset: number, k: number): wat.Code => wat.op(`${wat.access("v128.store32_lane", offset)} ${k}`, at, lanes); // prettier-ignore
  const isTwo = wat.op("i32.and", count, wat.i32(2));
  const isOdd = wat.op("i32.and", count, wat.i32(1));
  return {
    name: storePart,
    exported: false,
    parameters: [
      { name: "at", type: "i32" },
      { name: "lanes", type: "v128" },
      { name: "count", type: "i32" },
    ],
    result: null,
    locals: [],
    body: [
      wat.when(
        wat.op("i32.ge_s", count, wat.i32(4)),
        [wat.op("v128.store", at, lanes)],
        [
          wat.when(
            isTwo,
            [wat.op("v128.store64_lane 0", at, lanes), wat.when(isOdd, [lane(8, 2)])],
            [wat.when(isOdd, [lane(0, 0)])],
          ),
        ],
      ),
    ],
    comment: ["The first lanes of a vector."],
  };
}
