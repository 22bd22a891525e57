/**
 * A random program as terms: what the generator makes, the shrinker changes and the judge reads as text. A term has a type, so
 * that any term may stand where another of its type does.
 */
import * as dims from "../../src/ir/dim.ts";
import type { Shape } from "../../src/ir/dim.ts";
import type { ElementType } from "../../src/ir/graph.ts";

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

/** `a, b = term`. Ids ascend in the order of the text. */
export interface Let {
  readonly id: number;
  readonly names: readonly string[];
  readonly term: { root: Term };
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
  /** The user's function that is called. */
  readonly callee: Fn | null;
  readonly size: number;
}

export interface Fn {
  readonly id: number;
  readonly name: string;
  readonly parameters: readonly Binding[];
  readonly results: Term[];
  /** With equal sign or block. */
  readonly style: "short" | "block";
  /** `derive` kinds; null leaves the line out. Not of helpers. */
  wanted: string[] | null;
}

export interface ModelProgram {
  readonly name: string;
  readonly inputs: readonly Binding[];
  readonly targets: readonly Binding[];
  readonly hypers: readonly { readonly binding: Binding; readonly initial: string }[];
  readonly parameters: readonly { readonly binding: Binding; readonly frozen: boolean; readonly initial: string }[];
  readonly outputs: Term[];
  /** One, or none. */
  readonly loss: Term[];
  readonly metrics: Term[];
  train: string | null;
}

export interface Program {
  readonly seed: number;
  readonly consts: readonly { readonly binding: Binding; readonly value: string }[];
  readonly functions: Fn[];
  readonly models: ModelProgram[];
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

function render(term: Term): string {
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

export function letsOf(terms: readonly Term[]): readonly Let[] {
  const lets = new Set(terms.flatMap((t) => t.binding?.definition ?? []));
  return [...lets].sort((a, b) => a.id - b.id);
}

/** The functions that terms call, and those that these call. */
export function calleesOf(roots: readonly Term[]): readonly Fn[] {
  const found = new Set<Fn>();
  const pending = [roots];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const { callee } of reach(at)) {
      if (callee === null || found.has(callee)) continue;
      found.add(callee);
      pending.push(callee.results);
    }
  }
  return [...found].sort((a, b) => a.id - b.id);
}

export function rootsOf(program: Program): readonly Term[] {
  return [
    ...program.functions.flatMap((f) => f.results),
    ...program.models.flatMap((m) => [...m.outputs, ...m.loss, ...m.metrics]),
  ];
}

export function typeText({ element, shape, bound }: Type): string {
  const axes = shape.length === 0 ? "" : dims.printShape(shape);
  if (element === "index") return `: index(${String(bound ?? 3)})${axes}`;
  if (element === "bool") return `: bool${axes}`;
  return axes === "" ? "" : `: ${axes}`;
}

function statements(terms: readonly Term[]): string[] {
  const used = new Set(terms.flatMap((t) => t.binding?.name ?? []));
  return letsOf(terms).map(({ names, term }) => {
    const shown = names.map((name) => (used.has(name) ? name : "_"));
    return `  ${shown.join(", ")} = ${render(term.root)}`;
  });
}

function functionText(f: Fn): string {
  const head = `fn ${f.name}(${f.parameters.map((p) => p.name + typeText(p.type)).join(", ")})`;
  const lets = statements(reach(f.results));
  const results = f.results.map(render).join(", ");
  if (lets.length === 0 && f.results.length === 1 && f.style === "short") return `${head} = ${results}`;
  return `${head} {\n${[...lets, `  return ${results}`].join("\n")}\n}`;
}

function modelText(m: ModelProgram): string {
  const terms = reach([...m.outputs, ...m.loss, ...m.metrics]);
  const used = new Set(terms.flatMap((t) => t.binding?.name ?? []));
  const lets = statements(terms);
  const body = [...lets, ...[...m.outputs, ...m.loss, ...m.metrics].map(render)].join("\n");
  // The first input stays for the size that its symbol names.
  if (/\bbatch\b/u.test(body)) used.add(m.inputs[0].name);
  const lines = [
    ...m.hypers.filter((h) => used.has(h.binding.name)).map((h) => `  hyper ${h.binding.name} = ${h.initial}`),
    ...m.inputs.filter((b) => used.has(b.name)).map((b) => `  input ${b.name}${typeText(b.type)}`),
    ...m.targets.filter((b) => used.has(b.name)).map((b) => `  target ${b.name}${typeText(b.type)}`),
    ...m.parameters
      .filter((p) => used.has(p.binding.name))
      .map((p) => `  ${p.frozen ? "frozen " : ""}param ${p.binding.name}${typeText(p.binding.type)} = ${p.initial}`),
    ...lets,
    ...m.outputs.map((o, k) => `  output p${String(k)} = ${render(o)}`),
    ...m.loss.map((l) => `  loss ${render(l)}`),
    ...m.metrics.map((t, k) => `  metric m${String(k)} = ${render(t)}`),
    ...(m.train === null || m.loss.length === 0 ? [] : [`  train ${m.train}`]),
  ];
  return `model ${m.name} {\n${lines.join("\n")}\n}`;
}

/** The program as source text: what nothing refers to is left out. */
export function sourceOf(program: Program): string {
  const helpers = calleesOf(rootsOf(program));
  const all = [...new Set([...helpers, ...program.functions])].sort((a, b) => a.id - b.id);
  const terms = reach([...rootsOf(program), ...helpers.flatMap((f) => f.results)]);
  const used = new Set(terms.flatMap((t) => t.binding ?? []));
  const items = [
    ...program.consts.filter((c) => used.has(c.binding)).map((c) => `const ${c.binding.name} = ${c.value}`),
    ...all.map(functionText),
    ...program.functions.flatMap((f) => (f.wanted === null ? [] : [`derive ${f.name}: ${f.wanted.join(", ")}`])),
    ...program.models.map(modelText),
  ];
  return `${items.join("\n\n")}\n`;
}
