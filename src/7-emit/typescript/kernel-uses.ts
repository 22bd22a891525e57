/** What a kernel takes from outside, and a key that tells whether two kernels are one function. */
import { operandsOf, scalarsOf } from "../../6-schedule/scalars.ts";
import * as dims from "../../ir/dim.ts";
import type { Dim } from "../../ir/dim.ts";
import { numberText } from "../../ir/number-text.ts";
import type { Kernel, Scalar, Statement } from "../../ir/program.ts";
import { emitDim } from "./kernels.ts";
import { printExpression } from "./print.ts";

/** In order of first use. */
export interface Uses {
  readonly buffers: ReadonlySet<string>;
  readonly arguments: ReadonlyMap<string, Scalar["element"]>;
  /** The symbols and roots of its dims. */
  readonly symbols: ReadonlyMap<string, Dim>;
  /** Kernels with equal keys differ at most in what their buffers, arguments and symbols are called. */
  readonly key: string;
}

/** A readable name for the local of a symbol, of a root (`TRoot`), or of a quotient by one (`TParts`). */
export function symbolHint(name: string, dim: Dim): string {
  const [symbol = name] = dims.symbolsOf(dim);
  const { atom } = dim.terms[0].factors[0];
  return atom.kind === "symbol" ? name : `${symbol}${atom.kind === "root" ? "Root" : "Parts"}`;
}

/** `sizeOf`: how many elements a buffer has. */
export function usesOf(kernel: Kernel, sizeOf: (buffer: string) => Dim): Uses {
  const survey = new Survey(sizeOf);
  kernel.body.forEach((s) => {
    survey.statement(s);
  });
  for (const { value } of kernel.values) {
    survey.key += `return ${value.element} `;
    survey.scalar(value);
  }
  return survey;
}

class Survey implements Uses {
  readonly buffers = new Set<string>();
  readonly arguments = new Map<string, Scalar["element"]>();
  readonly symbols = new Map<string, Dim>();
  key = "";
  readonly #sizeOf: (buffer: string) => Dim;
  /** The place of a buffer, argument or symbol in the order of first use. */
  readonly #places = new Map<string, number>();

  constructor(sizeOf: (buffer: string) => Dim) {
    this.#sizeOf = sizeOf;
  }

  statement(s: Statement): void {
    this.key += `${s.kind} `;
    switch (s.kind) {
      case "let":
      case "assign":
        this.key += `${s.name} `;
        break;
      case "declare":
        this.key += `${s.name} ${s.element} ${numberText(s.initial)} `;
        break;
      case "accumulate":
        this.key += `${s.name} ${s.combine} `;
        break;
      case "check":
        this.key += `${JSON.stringify(s.name)} `;
        break;
      case "batch":
        this.key += `${s.operation}${s.exponent ?? ""} ${s.calls.map((c) => c.name).join(" ")} `;
        break;
      case "loop":
        this.key += `${s.variable} ${s.step} `;
        break;
      case "call":
        this.key += `${s.routine} `;
        break;
      case "store":
      case "storeAdd":
      case "fill":
      case "if":
        break;
    }
    for (const scalar of scalarsOf(s)) this.scalar(scalar);
    if (s.kind === "store" || s.kind === "storeAdd" || s.kind === "fill") this.#buffer(s.buffer);
    if (s.kind === "call") for (const { buffer } of s.parts) this.#buffer(buffer);
    if (s.kind === "fill") {
      this.key += `${numberText(s.value)} `;
      this.#dim(this.#sizeOf(s.buffer));
    }
    if (s.kind === "loop" || s.kind === "if") {
      for (const inner of s.body) this.statement(inner);
      this.key += "end ";
    }
  }

  scalar(s: Scalar): void {
    switch (s.kind) {
      case "number":
        this.key += `${s.element} ${numberText(s.value)} `;
        return;
      case "variable":
      case "accumulator":
      case "local":
        this.key += `${s.name} `;
        return;
      case "argument":
        this.arguments.set(s.name, s.element);
        this.key += `$${this.#place(`argument ${s.name}`, this.arguments.size)} ${s.element} `;
        return;
      case "affine":
        this.#dim(s.offset);
        for (const { scalar, coefficient } of s.terms) {
          this.key += "+ ";
          this.scalar(scalar);
          this.#dim(coefficient);
        }
        this.key += "; ";
        return;
      case "load":
        this.#buffer(s.buffer);
        this.key += `${s.element} [`;
        this.scalar(s.index);
        return;
      case "operation":
        this.key += `${s.operation}${s.exponent ?? ""} ${s.element} (`;
        for (const o of s.operands) this.scalar(o);
        return;
      case "random":
        this.key += `random ${s.site} `;
        break;
      case "choose":
        this.key += "choose ";
        break;
    }
    for (const o of operandsOf(s)) this.scalar(o);
  }

  #buffer(buffer: string): void {
    this.buffers.add(buffer);
    this.key += `@${this.#place(`buffer ${buffer}`, this.buffers.size)} `;
  }

  /** The numbers in it stand for themselves; a symbol stands for its place. */
  #dim(dim: Dim): void {
    const constant = dims.constantOf(dim);
    if (constant !== null) {
      this.key += `${constant} `;
      return;
    }
    for (const [symbol, of] of dims.parametersOf(dim)) this.symbols.set(symbol, of);
    const symbols = [...this.symbols.keys()];
    this.key += `${printExpression(emitDim(dim, (symbol) => `$${symbols.indexOf(symbol)}`))} `;
  }

  #place(name: string, size: number): number {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    this.#places.set(name, size);
    return size;
  }
}
