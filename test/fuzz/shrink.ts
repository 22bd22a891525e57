/** Makes a failing program small: terms give way to smaller ones of their type, as long as the same thing fails. */
import * as dims from "../../src/ir/dim.ts";
import { sourceOf, type Fn, type Program } from "./program.ts";
import { call, fits, literal, reach, real, reference, type Binding, type Term } from "./terms.ts";

/** A place in the program that holds a term. */
interface Slot {
  readonly get: () => Term;
  readonly set: (term: Term) => void;
  readonly scope: Fn | null;
}

function slotsOf(program: Program): readonly Slot[] {
  const slots: Slot[] = [];
  const seen = new Set<Term | object>();
  const walk = (term: Term, scope: Fn | null): void => {
    if (seen.has(term)) return;
    seen.add(term);
    term.operands.forEach((_, k) => {
      if (!term.names.has(k)) slots.push({ get: () => term.operands[k], set: (t) => (term.operands[k] = t), scope });
    });
    for (const operand of [...term.operands]) walk(operand, scope);
    const definition = term.binding?.definition ?? null;
    if (definition === null || definition.word !== null || seen.has(definition)) return;
    seen.add(definition);
    slots.push({ get: () => definition.term.root, set: (t) => (definition.term.root = t), scope });
    walk(definition.term.root, scope);
  };
  const list = (terms: Term[], scope: Fn | null): void => {
    terms.forEach((_, k) => slots.push({ get: () => terms[k], set: (t) => (terms[k] = t), scope }));
    for (const term of [...terms]) walk(term, scope);
  };
  for (const f of [...program.functions, ...program.helpers]) list(f.results, f);
  for (const m of program.models) {
    list(m.outputs, null);
    list(m.loss, null);
    list(m.metrics, null);
  }
  return slots;
}

/** Terms that may take the place of one, the smallest first. */
function replacements(old: Term, parameters: readonly Binding[]): readonly Term[] {
  const found: Term[] = [];
  const { type } = old;
  if (type.shape.length === 0 && old.construct !== "literal") {
    if (type.element === "real") found.push(literal("1.5"), literal("0.5"));
    if (type.element === "index" && type.bound === null) found.push(literal("1"));
  }
  for (const p of parameters) if (fits(p.type, type) && old.binding !== p) found.push(reference(p));
  const known = type.shape.every((size) => dims.constantOf(size) !== null);
  if (type.element === "real" && type.shape.length > 0 && known && old.construct !== "ones")
    found.push(call("ones", type, [], dims.printShape(type.shape)));
  const inside = reach([old]).filter((t) => t !== old && t.size <= old.size + 40 && fits(t.type, type));
  found.push(...inside);
  // The definition in the place of its name.
  const root = old.binding?.definition?.names.length === 1 ? old.binding.definition.term.root : null;
  if (root !== null && root.size <= 3) found.push(root);
  // A scalar of what it was made of.
  if (type.element === "real" && type.shape.length === 0) {
    for (const operand of old.operands) {
      if (operand.type.element === "real" && operand.type.shape.length > 0 && old.construct !== "sum")
        found.push(call("sum", real([]), [operand]));
    }
  }
  return found;
}

/** A size that falls with each step that helps. */
function measure(program: Program): number {
  return sourceOf(program).length;
}

/** Shrinks in place. `fails`: whether a text still shows the same fault. */
export function shrink(program: Program, fails: (text: string) => boolean, milliseconds = 20_000): void {
  const deadline = Date.now() + milliseconds;
  const tried = new Set<string>([sourceOf(program)]);
  const attempt = (change: () => void, undo: () => void): boolean => {
    const before = measure(program);
    change();
    const text = sourceOf(program);
    if (text.length < before && !tried.has(text) && Date.now() < deadline) {
      tried.add(text);
      if (fails(text)) return true;
    }
    undo();
    return false;
  };
  for (let improved = true; improved && Date.now() < deadline;) {
    improved = false;
    for (const f of [...program.functions, ...program.helpers]) {
      const { wanted } = f;
      for (const kind of wanted ?? []) {
        if (kind === "value" || f.wanted === null) continue;
        const fewer = f.wanted.filter((k) => k !== kind);
        const now = f.wanted;
        if (attempt(() => (f.wanted = fewer), () => (f.wanted = now))) improved = true; // prettier-ignore
      }
      for (let k = f.results.length - 1; k >= 0 && f.results.length > 1 && program.functions.includes(f); k--) {
        const [gone] = f.results.slice(k, k + 1);
        if (attempt(() => f.results.splice(k, 1), () => f.results.splice(k, 0, gone))) improved = true; // prettier-ignore
      }
    }
    for (const m of program.models) {
      for (const terms of [m.metrics, m.outputs, m.loss]) {
        for (let k = terms.length - 1; k >= 0; k--) {
          const [gone] = terms.slice(k, k + 1);
          if (attempt(() => terms.splice(k, 1), () => terms.splice(k, 0, gone))) improved = true; // prettier-ignore
        }
      }
      const { train } = m;
      if (train !== null && attempt(() => { m.train = null; }, () => { m.train = train; })) improved = true; // prettier-ignore
    }
    for (const { get, set, scope } of slotsOf(program)) {
      const old = get();
      const parameters =
        scope?.parameters ?? program.models.flatMap((m) => [...m.inputs, ...m.stored.map((p) => p.binding)]);
      for (const next of replacements(old, parameters)) {
        if (!attempt(() => { set(next); }, () => { set(old); })) continue; // prettier-ignore
        improved = true;
        break;
      }
    }
  }
}
