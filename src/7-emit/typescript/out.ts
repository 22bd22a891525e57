/**
 * `out`, in which a call is given the memory of its results: read once, and refused before anything is computed.
 *
 * Numbers are written last, each tried before by writing it over itself. A setter that throws for the result alone has
 * refused no call: the results are computed and the arrays hold them, whole, when its exception reaches the caller. To
 * take that back would cost every call a copy of its results.
 */
import type { Shape } from "../../ir/dim.ts";
import type { ProgramOutput } from "../../ir/program.ts";
import { shapeText, supportCall } from "./checks.ts";
import { isOutput, type ResultTree } from "./results.ts";
import * as ts from "./syntax.ts";
import type { Expression, Statement } from "./syntax.ts";
import type { ModuleWriter } from "./writer.ts";

export type ArrayOutput = ProgramOutput & { readonly kind: "array" };

/** The array of a result: the local that holds it, its type, and how many elements it needs. */
export interface ResultArray {
  readonly local: string;
  readonly type: string;
  readonly size: Expression;
  readonly shape: Shape;
}

export interface OutContext {
  readonly writer: ModuleWriter;
  /** A new local. */
  readonly local: (hint: string) => string;
  readonly array: (output: ArrayOutput, path: readonly string[]) => ResultArray;
  /** The type of an entry of `out`: the numbers of an object are optional. */
  readonly type: (entry: ResultTree | ProgramOutput) => string;
  /** Checks that an array shares no memory with what the call reads. */
  readonly apart: (array: Expression, label: Expression) => readonly Statement[];
  /** Keys besides those of the results that an object may have. */
  readonly ignored: (path: readonly string[]) => readonly string[];
}

export interface OutCode {
  /** Declares the arrays of the results: those of `out`, checked, or fresh ones. */
  readonly statements: readonly Statement[];
  /** Writes the numbers into `out`, for where there is one. */
  readonly writes: (value: (entry: ResultTree | ProgramOutput) => Expression) => readonly Statement[];
}

/** Whether there are arrays in an entry. */
export function holdsArrays(entry: ResultTree | ProgramOutput): boolean {
  return isOutput(entry) ? entry.kind === "array" : [...entry.values()].some(holdsArrays);
}

/** The code that takes the results `shown` from the local `out`, each member read once: a getter may give others the next time. */
export function emitOut(shown: ResultTree | ProgramOutput, out: string, context: OutContext): OutCode {
  const { writer } = context;
  const given = ts.binary("!==", ts.name(out), ts.name("undefined"));
  if (isOutput(shown)) {
    if (shown.kind !== "array") return { statements: [], writes: () => [] };
    const array = context.array(shown, []);
    const value = ts.conditional(given, ts.name(out), ts.create(array.type, array.size));
    const statements = [ts.when(given, checksOf(array, ts.name(out), [], context)), ts.constant(array.local, value)];
    return { statements, writes: () => [] };
  }
  const declared: Statement[] = [];
  const taken: Statement[] = [];
  const fresh: Statement[] = [];
  const writable: Statement[] = [];
  const arrays: { readonly local: string; readonly label: string }[] = [];
  const holders: { readonly local: string; readonly numbers: ResultTree }[] = [];
  const walk = (tree: ResultTree, local: string, path: readonly string[]): void => {
    const label = ts.string(["out", ...path].join("."));
    const keys = ts.name(writer.keys([...tree.keys(), ...context.ignored(path)]));
    taken.push(supportCall(writer, "checkKeys", ts.name(local), keys, label));
    const numbers = numbersOf(tree);
    if (numbers.size > 0) holders.push({ local, numbers });
    for (const [key, entry] of numbers) {
      const member = ts.member(ts.name(local), key);
      const has = ts.call(writer.support("hasMember"), ts.name(local), ts.string(key), label);
      writable.push(ts.when(has, [ts.assign(member, { kind: "as", value: member, type: context.type(entry) })]));
    }
    for (const [key, entry] of tree) {
      const member = ts.member(ts.name(local), key);
      const inner = [...path, key];
      if (!isOutput(entry)) {
        if (numbers.has(key)) continue;
        const holder = context.local(["out", ...inner].join("_"));
        // Numbers are written into it when all is done.
        if (numbersOf(entry).size > 0) {
          declared.push({ kind: "let", name: holder, type: `${context.type(entry)} | undefined`, value: null });
          taken.push(ts.assign(ts.name(holder), member));
        } else taken.push(ts.constant(holder, member));
        walk(entry, holder, inner);
      } else if (entry.kind === "array") {
        const array = context.array(entry, inner);
        const at = ts.name(array.local);
        declared.push({ kind: "let", name: array.local, type: array.type, value: null });
        fresh.push(ts.assign(at, ts.create(array.type, array.size)));
        taken.push(ts.assign(at, member), ...checksOf(array, at, inner, context));
        arrays.push({ local: array.local, label: inner.join(".") });
      }
    }
  };
  walk(shown, out, []);
  if (arrays.length > 1) {
    const keys = ts.name(writer.keys(arrays.map(({ label }) => label)));
    taken.push(...arrays.map(({ local }, k) => supportCall(writer, "compareResult", ts.name(local), ts.number(k))));
    taken.push(supportCall(writer, "checkDistinct", keys, ts.string("out")));
  }
  // Numbers are written when all is computed. What throws then shall throw before: each is written over itself.
  taken.push(...writable);
  return {
    statements: [...declared, ts.when(ts.binary("===", ts.name(out), ts.name("undefined")), fresh, taken)],
    writes: (value) =>
      holders.flatMap(({ local, numbers }) => {
        const body = [...numbers].map(([key, entry]) => ts.assign(ts.member(ts.name(local), key), value(entry)));
        return local === out ? body : [ts.when(ts.binary("!==", ts.name(local), ts.name("undefined")), body)];
      }),
  };
}

/** The entries that `out` need not have: they are written into it. */
function numbersOf(tree: ResultTree): ResultTree {
  return new Map([...tree].filter(([, entry]) => !holdsArrays(entry) && (isOutput(entry) || entry.size > 0)));
}

function checksOf(
  { type, size, shape }: ResultArray,
  at: Expression,
  path: readonly string[],
  { writer, apart }: OutContext,
): readonly Statement[] {
  const label = ts.string(["out", ...path].join("."));
  return [
    supportCall(writer, "checkArray", at, ts.name(type), label, shapeText(shape)),
    supportCall(writer, "checkLength", ts.member(at, "length"), size, label, shapeText(shape)),
    ...apart(at, label),
  ];
}
