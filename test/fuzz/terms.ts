/**
 * Expressions of a random program: what the generator makes, the shrinker changes and the judge reads as text. A term has a
 * type, so that any term may stand where another of its type does.
 */
import * as dims from "../../src/ir/dim.ts";
import type { Shape } from "../../src/ir/dim.ts";
import type { ElementType } from "../../src/ir/graph.ts";
import type { Fn } from "./program.ts";

export interface Type {
  readonly element: ElementType;
  readonly shape: Shape;
  /** Integers are 0 .. bound - 1; null: any. */
  readonly bound: number | null;
}

export function typeOf(element: ElementType, shape: Shape, bound: number | null = null): Type {
  return { element, shape, bound };
}

export function real(shape: Shape): Type {
  return typeOf("real", shape);
}

/** Whether a value of type `a` may stand for one of type `b`. */
export function fits(a: Type, b: Type): boolean {
  if (a.element !== b.element || !dims.shapesEqual(a.shape, b.shape)) return false;
  return b.bound === null || (a.bound !== null && a.bound <= b.bound);
}

/** How tightly an expression binds, as the grammar has it. */
export const strength = { prefix: 1, or: 2, and: 3, not: 4, compare: 5, add: 6, multiply: 7, negate: 8, power: 9, atom: 10 }; // prettier-ignore

/** A name of the program: a parameter of a function, a model's input or weight, a carry, or what a `let` defines. */
export interface Binding {
  readonly name: string;
  readonly type: Type;
  readonly definition: Let | null;
}

/** `a, b = term`; `word`: `const k = term`, `use enc = term`. Ids ascend in the order of the text. */
export interface Let {
  readonly id: number;
  readonly word: "const" | "use" | null;
  readonly names: readonly string[];
  readonly term: { root: Term };
}

export function bindingOf(name: string, type: Type, definition: Let | null = null): Binding {
  return { name, type, definition };
}

export interface Term {
  readonly construct: string;
  readonly type: Type;
  /** Slots: the shrinker puts other terms in. */
  readonly operands: Term[];
  /** Operands that must stay names. */
  readonly names: ReadonlySet<number>;
  readonly strength: number;
  /** The strength wanted of each operand, from the grammar; the last one counts for all further ones. */
  readonly wanted: readonly number[];
  readonly text: (operands: readonly string[]) => string;
  readonly binding: Binding | null;
  /** The user's function or layer that is called. */
  readonly callee: Fn | null;
  readonly size: number;
}

interface Shaping {
  readonly strength?: number;
  readonly wanted?: readonly number[];
  readonly names?: readonly number[];
  readonly callee?: Fn;
}

export function op(
  construct: string,
  type: Type,
  operands: readonly Term[],
  text: (operands: readonly string[]) => string,
  { strength: own = strength.atom, wanted = [strength.prefix], names = [], callee }: Shaping = {},
): Term {
  const size = operands.reduce((s, t) => s + t.size, 1);
  return { construct, type, operands: [...operands], names: new Set(names), strength: own, wanted, text, binding: null, callee: callee ?? null, size }; // prettier-ignore
}

/** `name(a, b, more)`. */
export function call(name: string, type: Type, operands: readonly Term[], ...more: readonly string[]): Term {
  return op(name, type, operands, (o) => `${name}(${[...o, ...more].join(", ")})`);
}

export function infix(sign: string, type: Type, a: Term, b: Term, own: number): Term {
  // Sums, products, `and` and `or` group to the left; powers to the right; comparisons not at all.
  const right = own === strength.power ? own - 1 : own + 1;
  const left = own === strength.power || own === strength.compare ? own + 1 : own;
  return op(sign, type, [a, b], ([x, y]) => `${x} ${sign} ${y}`, { strength: own, wanted: [left, right] });
}

/** A number; without a point or an exponent it is an integer. */
export function literal(text: string, construct = "literal"): Term {
  const type = typeOf(/^-?\d+$/u.test(text) ? "index" : "real", []);
  const own = text.startsWith("-") ? strength.negate : strength.atom;
  return op(construct, type, [], () => text, { strength: own });
}

export function reference(binding: Binding): Term {
  return { ...op("name", binding.type, [], () => binding.name), binding, size: 1 };
}

export function render(term: Term): string {
  const parts = term.operands.map((operand, k) => {
    const text = render(operand);
    return operand.strength < term.wanted[Math.min(k, term.wanted.length - 1)] ? `(${text})` : text;
  });
  return term.text(parts);
}

/** Every term that is part of the roots, definitions of names included; each once. */
export function reach(roots: readonly Term[]): readonly Term[] {
  const found = new Set<Term>();
  const pending = [...roots];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    pending.push(...at.operands);
    const definition = at.binding?.definition ?? null;
    if (definition !== null) pending.push(definition.term.root);
  }
  return [...found];
}

/** Whether the compiler may know a scalar: an `if` that it decides has the shape of one branch. */
export function isStatic(term: Term, consts: ReadonlySet<Binding>): boolean {
  const { binding } = term;
  if (binding === null) return term.operands.every((t) => isStatic(t, consts));
  const root = binding.definition?.term.root;
  return root === undefined ? consts.has(binding) : isStatic(root, consts);
}

export function typeText(
  { element, shape, bound }: Type,
  axes = shape.length === 0 ? "" : dims.printShape(shape),
): string {
  if (element === "index") return `: index(${String(bound ?? 3)})${axes}`;
  if (element === "bool") return `: bool${axes}`;
  return axes === "" ? "" : `: ${axes}`;
}
