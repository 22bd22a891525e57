/** Interned scalar expressions of one kernel, with the folding that addressing needs. */
import * as dims from "../ir/dim.ts";
import type { Dim } from "../ir/dim.ts";
import type { ElementType } from "../ir/graph.ts";
import { numberText } from "../ir/number-text.ts";
import type { ElementwiseName } from "../ir/primitive.ts";
import type { AffineTerm, Scalar, Statement } from "../ir/program.ts";

const zero = dims.constant(0);
const one = dims.constant(1);

export class ScalarBuilder {
  readonly #interned = new Map<string, Scalar>();
  #fresh = 0;

  /** The id of the next scalar that is made. */
  get #next(): number {
    return this.#interned.size;
  }

  /** Whether an operation was made that `is` accepts. */
  hasOperation(is: (operation: ElementwiseName, exponent: number | null) => boolean): boolean {
    for (const s of this.#interned.values()) if (s.kind === "operation" && is(s.operation, s.exponent)) return true;
    return false;
  }

  number(value: number, element: ElementType): Scalar {
    if (element === "index") return this.affine(dims.constant(value), []);
    const key = `${element} ${numberText(value)}`;
    return this.#known(key) ?? this.#keep(key, { kind: "number", id: this.#next, element, value });
  }

  /** A name that no other has had: `prefix`, `prefix1`, ... */
  freshName(prefix: string): string {
    return `${prefix}${this.#fresh++}`;
  }

  variable(name: string): Scalar {
    const key = `variable ${name}`;
    return this.#known(key) ?? this.#keep(key, { kind: "variable", id: this.#next, element: "index", name });
  }

  accumulator(name: string, element: ElementType): Scalar {
    return this.#accumulator(name, element, false);
  }

  /** The accumulator's value at the point of use, inside the loop that changes it. */
  changing(accumulator: Scalar): Scalar {
    if (accumulator.kind !== "accumulator") throw new Error("internal: not an accumulator");
    return this.#accumulator(accumulator.name, accumulator.element, true);
  }

  #accumulator(name: string, element: ElementType, changing: boolean): Scalar {
    const key = `${changing ? "changing" : "accumulator"} ${name}`;
    return this.#known(key) ?? this.#keep(key, { kind: "accumulator", id: this.#next, element, name, changing });
  }

  argument(name: string, element: ElementType): Scalar {
    const key = `argument ${name}`;
    return this.#known(key) ?? this.#keep(key, { kind: "argument", id: this.#next, element, name });
  }

  dim(dim: Dim): Scalar {
    return this.affine(dim, []);
  }

  /** offset + sum of terms, flattened, equal terms collected, in order of creation. */
  affine(offset: Dim, terms: readonly AffineTerm[]): Scalar {
    let sum = offset;
    const collected: AffineTerm[] = [];
    const collect = (scalar: Scalar, coefficient: Dim): void => {
      if (scalar.kind === "affine") {
        sum = dims.add(sum, dims.multiply(scalar.offset, coefficient));
        for (const term of scalar.terms) collect(term.scalar, dims.multiply(term.coefficient, coefficient));
      } else insertTerm(collected, scalar, coefficient);
    };
    for (const term of terms) collect(term.scalar, term.coefficient);
    const rest = collected.filter(({ coefficient }) => !dims.equal(coefficient, zero));
    const [only] = rest;
    if (rest.length === 1 && dims.equal(sum, zero) && dims.equal(only.coefficient, one)) return only.scalar;
    return this.#affine(keyOf(sum, rest), sum, rest);
  }

  /** scalar + dim */
  shifted(scalar: Scalar, by: Dim): Scalar {
    return this.affine(by, [{ scalar, coefficient: one }]);
  }

  load(buffer: string, index: Scalar, element: ElementType, guarded = false): Scalar {
    const key = `${buffer}[${index.id}]${guarded ? "?" : ""}`;
    return this.#known(key) ?? this.#keep(key, { kind: "load", id: this.#next, element, buffer, index, guarded });
  }

  /** outer + sum of terms + offset, kept apart so that `outer` can be computed once outside an inner loop. */
  grouped(outer: Scalar, terms: readonly AffineTerm[], offset: Dim): Scalar {
    return this.#affine(`(${outer.id})${keyOf(offset, terms)}`, offset, [term(outer, one), ...terms]);
  }

  #affine(key: string, offset: Dim, terms: readonly AffineTerm[]): Scalar {
    return this.#known(key) ?? this.#keep(key, { kind: "affine", id: this.#next, element: "index", offset, terms });
  }

  /** The same expression over other operands, nothing folded. */
  withOperands(s: Scalar, operands: readonly Scalar[]): Scalar {
    if (operandsOf(s).every((o, k) => o === operands[k])) return s;
    const key = `=${s.kind}${labelOf(s)}(${idsOf(operands)})`;
    return this.#known(key) ?? this.#keep(key, rebuilt(s, operands, this.#next));
  }

  local(name: string, element: ElementType): Scalar {
    const key = `local ${name}`;
    return this.#known(key) ?? this.#keep(key, { kind: "local", id: this.#next, element, name });
  }

  choose(condition: Scalar, whenTrue: Scalar, whenFalse: Scalar): Scalar {
    if (condition.kind === "number") return condition.value === 0 ? whenFalse : whenTrue;
    // What is chosen by the same condition again is decided.
    if (whenTrue.kind === "choose" && whenTrue.condition === condition) return this.choose(condition, whenTrue.then, whenFalse); // prettier-ignore
    if (whenFalse.kind === "choose" && whenFalse.condition === condition) return this.choose(condition, whenTrue, whenFalse.else); // prettier-ignore
    if (whenTrue === whenFalse) return whenTrue;
    if (whenTrue.element === "bool" && knownTruth(whenTrue, true) && knownTruth(whenFalse, false)) return condition;
    const key = `${condition.id}?${whenTrue.id}:${whenFalse.id}`;
    const { element } = whenTrue;
    const known = this.#known(key);
    return known ?? this.#keep(key, { kind: "choose", id: this.#next, element, condition, then: whenTrue, else: whenFalse }); // prettier-ignore
  }

  random(seed: Scalar, step: Scalar, site: number, position: Scalar): Scalar {
    const key = `random ${seed.id},${step.id},${site},${position.id}`;
    const known = this.#known(key);
    return known ?? this.#keep(key, { kind: "random", id: this.#next, element: "real", seed, step, site, position });
  }

  operation(
    operation: ElementwiseName,
    operands: readonly Scalar[],
    element: ElementType,
    exponent: number | null = null,
  ): Scalar {
    const folded = this.#fold(operation, operands, element);
    if (folded !== null) return folded;
    const key = `${operation}${exponent ?? ""}:${element}(${idsOf(operands)})`;
    const known = this.#known(key);
    return known ?? this.#keep(key, { kind: "operation", id: this.#next, element, operation, operands, exponent });
  }

  /** Integer arithmetic becomes affine; comparisons of known integers and neutral elements fold. */
  #fold(operation: ElementwiseName, operands: readonly Scalar[], element: ElementType): Scalar | null {
    const [a, b] = operands;
    if (element === "index") {
      if (operation === "add") return this.affine(zero, [term(a, one), term(b, one)]);
      if (operation === "subtract") return this.affine(zero, [term(a, one), term(b, dims.constant(-1))]);
      if (operation === "negate") return this.affine(zero, [term(a, dims.constant(-1))]);
      if (operation === "multiply") {
        if (a.kind === "affine" && a.terms.length === 0) return this.affine(zero, [term(b, a.offset)]);
        if (b.kind === "affine" && b.terms.length === 0) return this.affine(zero, [term(a, b.offset)]);
      }
    }
    // The larger of two truth values is or, the smaller is and.
    if (element === "bool" && operation === "maximum") return this.operation("or", operands, "bool");
    if (element === "bool" && operation === "minimum") return this.operation("and", operands, "bool");
    const decided = this.#compare(operation, operands);
    if (decided !== null) return this.number(decided ? 1 : 0, "bool");
    if (operation === "select") return this.choose(a, b, operands[2]);
    if (operation === "convert") return this.#convert(a, element);
    if (operation === "and") return knownTruth(a, true) ? b : knownTruth(b, true) ? a : knownFalse(a, b);
    if (operation === "or") return knownTruth(a, false) ? b : knownTruth(b, false) ? a : knownTrue(a, b);
    if (operation === "add" && element === "real") return isNumber(a, 0) ? b : isNumber(b, 0) ? a : null;
    if (operation === "multiply" && element === "real") return isNumber(a, 1) ? b : isNumber(b, 1) ? a : null;
    return null;
  }

  #convert(x: Scalar, element: ElementType): Scalar | null {
    if (x.element === element) return x;
    if (x.kind === "number") return this.number(x.value, element);
    if (element === "real" && x.kind === "affine" && x.terms.length === 0) {
      const value = dims.constantOf(x.offset);
      return value === null ? null : this.number(value, "real");
    }
    return null;
  }

  #compare(operation: ElementwiseName, [a, b]: readonly Scalar[]): boolean | null {
    if (operation !== "equal" && operation !== "less" && operation !== "less_equal") return null;
    const x = knownNumber(a);
    const y = knownNumber(b);
    if (x === null || y === null) return null;
    return operation === "equal" ? x === y : operation === "less" ? x < y : x <= y;
  }

  #known(key: string): Scalar | undefined {
    return this.#interned.get(key);
  }

  /** Keeps a scalar that has the next id. */
  #keep(key: string, made: Scalar): Scalar {
    this.#interned.set(key, made);
    return made;
  }
}

function idsOf(scalars: readonly Scalar[]): string {
  let ids = "";
  for (const { id } of scalars) ids += `${id},`;
  return ids;
}

function keyOf(offset: Dim, terms: readonly AffineTerm[]): string {
  let key = `+${offset.key}`;
  for (const { scalar, coefficient } of terms) key += `;${scalar.id}*${coefficient.key}`;
  return key;
}

/** What tells a scalar from others of its kind over the same operands. */
function labelOf(s: Scalar): string {
  switch (s.kind) {
    case "affine":
      return `${s.offset.key};${s.terms.map((t) => t.coefficient.key).join(";")}`;
    case "load":
      return `${s.buffer}${s.guarded ? "?" : ""}`;
    case "operation":
      return `${s.operation}${s.exponent ?? ""}:${s.element}`;
    case "random":
      return String(s.site);
    case "choose":
      return "";
    case "number":
    case "variable":
    case "accumulator":
    case "argument":
    case "local":
      return String(s.id);
  }
}

/** Adds a term to a list in order of creation. */
function insertTerm(terms: AffineTerm[], scalar: Scalar, coefficient: Dim): void {
  let k = terms.length;
  while (k > 0 && terms[k - 1].scalar.id > scalar.id) k--;
  if (k > 0 && terms[k - 1].scalar === scalar)
    terms[k - 1] = term(scalar, dims.add(terms[k - 1].coefficient, coefficient)); // prettier-ignore
  else terms.splice(k, 0, term(scalar, coefficient));
}

function term(scalar: Scalar, coefficient: Dim): AffineTerm {
  return { scalar, coefficient };
}

function knownNumber(s: Scalar): number | null {
  if (s.kind === "number") return s.value;
  return s.kind === "affine" && s.terms.length === 0 ? dims.constantOf(s.offset) : null;
}

function isNumber(s: Scalar, value: number): boolean {
  return s.kind === "number" && s.value === value;
}

function knownTruth(s: Scalar, value: boolean): boolean {
  return s.kind === "number" && (s.value !== 0) === value;
}

const knownFalse = (a: Scalar, b: Scalar): Scalar | null =>
  knownTruth(a, false) ? a : knownTruth(b, false) ? b : null;
const knownTrue = (a: Scalar, b: Scalar): Scalar | null => (knownTruth(a, true) ? a : knownTruth(b, true) ? b : null);

/** The same expression over other operands. */
export function rebuilt(s: Scalar, operands: readonly Scalar[], id: number): Scalar {
  switch (s.kind) {
    case "affine":
      return { ...s, id, terms: s.terms.map((t, k) => term(operands[k], t.coefficient)) };
    case "load":
      return { ...s, id, index: operands[0] };
    case "operation":
      return { ...s, id, operands };
    case "choose":
      return { ...s, id, condition: operands[0], then: operands[1], else: operands[2] };
    case "random":
      return { ...s, id, seed: operands[0], step: operands[1], position: operands[2] };
    case "number":
    case "variable":
    case "accumulator":
    case "argument":
    case "local":
      return s;
  }
}

/** The scalars that `s` is computed from. */
export function operandsOf(s: Scalar): readonly Scalar[] {
  switch (s.kind) {
    case "affine":
      return s.terms.map((t) => t.scalar);
    case "load":
      return [s.index];
    case "operation":
      return s.operands;
    case "choose":
      return [s.condition, s.then, s.else];
    case "random":
      return [s.seed, s.step, s.position];
    case "number":
    case "variable":
    case "accumulator":
    case "argument":
    case "local":
      return none;
  }
}

const none: readonly Scalar[] = [];

/** The scalars of a statement, in the order in which they are evaluated; those of a body inside are left out. */
export function scalarsOf(s: Statement): readonly Scalar[] {
  switch (s.kind) {
    case "let":
    case "accumulate":
    case "assign":
      return [s.value];
    case "store":
    case "storeAdd":
      return [s.index, s.value];
    case "check":
      return [s.value, s.size];
    case "call":
      return [...s.parts.map((part) => part.start), ...s.numbers];
    case "loop":
      return [s.from, s.to];
    case "if":
      return [s.condition];
    case "batch":
      return s.calls.flatMap((c) => c.operands);
    case "declare":
    case "fill":
      return [];
  }
}
