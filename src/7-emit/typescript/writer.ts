/** What a module under construction has gathered: support code, kernel functions, exports. */
import { supportSources, type SupportSource } from "../support.generated.ts";
import type { ElementType } from "../../ir/graph.ts";
import type { Statement as KernelStatement } from "../../ir/program.ts";
import type { WasmWriter } from "../wasm/module.ts";
import type { Uses } from "./kernel-uses.ts";
import { identifierOf, reservedNames } from "./names.ts";
import * as ts from "./syntax.ts";
import type { Expression, Statement } from "./syntax.ts";

export type Precision = "f32" | "f64";

/** A kernel as it was emitted: the function's name, and what it takes. */
export interface KernelFunction {
  readonly name: string;
  readonly used: Uses;
}

export class ModuleWriter {
  readonly precision: Precision;
  /** Gathers kernels in WebAssembly; null where the target has none. */
  readonly wasm: WasmWriter | null;
  readonly #support = new Set<string>();
  readonly #exported: ReadonlySet<string>;
  readonly #kernels = new Map<string, string>();
  readonly #emitted = new Map<readonly KernelStatement[], { readonly signature: string; readonly kernel: KernelFunction }[]>(); // prettier-ignore
  readonly #names = new Set<string>();
  readonly #keys = new Map<string, string>();
  readonly #tables = new Map<string, string>();
  readonly constants: Statement[] = [];
  readonly kernels: Statement[] = [];
  readonly exports: Statement[] = [];

  constructor(precision: Precision, exported: Iterable<string>, wasm: WasmWriter | null = null) {
    this.precision = precision;
    this.wasm = wasm;
    this.#exported = new Set(exported);
    for (const name of this.#exported) this.#names.add(name);
    for (const name of Object.keys(supportSources)) this.#names.add(name);
    for (const name of reservedNames) this.#names.add(name);
  }

  /** Names at the top level of the module, which locals keep clear of. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** Embeds a declaration of the support code and what it needs; its name in this module. */
  support(name: string): string {
    const pending = [name];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (this.#support.has(next)) continue;
      if (!Object.hasOwn(supportSources, next)) throw new Error(`internal: no support code named ${next}`);
      this.#support.add(next);
      pending.push(...supportSources[next].needs);
    }
    return this.#supportName(name);
  }

  /** What the user exports has the user's name: support code of the same name gives way to it. No user's name has a `$`. */
  #supportName(name: string): string {
    return this.#exported.has(name) ? `${name}$` : name;
  }

  /** The support code asked for, in the order of its sources, as they are written: see `named`. */
  supportUsed(): readonly Pick<SupportSource, "text" | "js">[] {
    return Object.entries(supportSources).flatMap(([name, source]) => (this.#support.has(name) ? [source] : []));
  }

  /** Support code with the names that it has in this module. */
  named(source: string): string {
    return source.replace(/\$(\w+)\$/g, (_, name: string) => this.#supportName(name));
  }

  /** A name at the top level that nothing else has. */
  topLevelName(hint: string): string {
    let name = hint;
    for (let k = 2; this.#names.has(name); k++) name = `${hint}${k}`;
    this.#names.add(name);
    return name;
  }

  /** The function with this text (its name left open), declared once for all that need the same one. */
  kernel(text: string, hint: string, declare: (name: string) => Statement): string {
    const known = this.#kernels.get(text);
    if (known !== undefined) return known;
    const name = this.topLevelName(hint);
    this.#kernels.set(text, name);
    this.kernels.push(declare(name));
    return name;
  }

  /**
   * The function emitted for this body: entry points share what the schedule built once. `signatureFor`: of the buffers
   * that the body uses, what its text depends on. Null where there is none.
   */
  kernelOf(
    body: readonly KernelStatement[],
    signatureFor: (buffers: Iterable<string>) => string,
  ): KernelFunction | null {
    const found = this.#emitted.get(body)?.find((e) => e.signature === signatureFor(e.kernel.used.buffers));
    return found?.kernel ?? null;
  }

  /** Keeps a function for `kernelOf`, and gives it back. */
  keepKernel(body: readonly KernelStatement[], signature: string, kernel: KernelFunction): KernelFunction {
    const known = this.#emitted.get(body);
    if (known === undefined) this.#emitted.set(body, [{ signature, kernel }]);
    else known.push({ signature, kernel });
    return kernel;
  }

  /** A constant that holds a list of keys: an array literal in place would be allocated at each call. */
  keys(names: readonly string[]): string {
    const list = JSON.stringify(names);
    const known = this.#keys.get(list);
    if (known !== undefined) return known;
    const name = this.topLevelName(identifierOf(["keys", ...names].join("_").slice(0, 40)));
    this.#keys.set(list, name);
    const value: Expression = { kind: "array", elements: names.map((n) => ts.string(n)) };
    this.constants.push(ts.constant(name, value, "readonly string[]"));
    return name;
  }

  /** A constant that holds integers. */
  table(values: readonly number[]): string {
    const list = values.join(", ");
    const known = this.#tables.get(list);
    if (known !== undefined) return known;
    const name = this.topLevelName("table");
    this.#tables.set(list, name);
    this.constants.push(ts.constant(name, integers(values)));
    return name;
  }

  /** The constant that will hold WebAssembly bytes as text, or null. */
  wasmConstant(hint: string): string {
    const known = this.#keys.get(`wasm ${hint}`) ?? this.topLevelName(hint);
    this.#keys.set(`wasm ${hint}`, known);
    return known;
  }

  /** The function that reserves the module's grow-only scratch memory for elements of a type. */
  scratch(element: ElementType): string {
    return this.support({ real: this.precision === "f32" ? "reserveFloats" : "reserveDoubles", index: "reserveIntegers", bool: "reserveFlags" }[element]); // prettier-ignore
  }

  /** The typed array that holds elements of a type. */
  arrayType(element: ElementType): "Float32Array" | "Float64Array" | "Int32Array" | "Uint8Array" {
    if (element === "index") return "Int32Array";
    if (element === "bool") return "Uint8Array";
    return this.precision === "f32" ? "Float32Array" : "Float64Array";
  }
}

/** `new Int32Array([1, 2, 3])` */
export function integers(values: readonly number[]): Expression {
  return ts.create("Int32Array", { kind: "array", elements: values.map((value) => ts.number(value)) });
}
