/** Loops whose bodies call elementary functions, eight rounds at a time: then each batch has eight calls. */
import { constant, floorDivide, multiply } from "../ir/dim.ts";
import type { Scalar, Statement } from "../ir/program.ts";
import { operandsOf, scalarsOf, type ScalarBuilder } from "./scalars.ts";

type Loop = Statement & { readonly kind: "loop" };

const rounds = 8;
/** Calls of a body from which on its batches are large enough. */
const mostCalls = 2;
/** Statements of a body beyond which its calls are a small part of it. */
const largestBody = 6;

/**
 * A loop over 0 .. n - 1 as one of eight rounds a time and one for the rest; null where its body calls nothing, is long, or
 * has rounds that depend on each other by more than sums.
 */
export function unrolled(
  loop: Loop,
  scalars: ScalarBuilder,
  name: (hint: string) => string,
): { readonly main: Loop; readonly rest: Loop } | null {
  const { variable, from, to, step, body } = loop;
  if (step !== 1 || !isZero(from) || to.kind !== "affine" || to.terms.length > 0 || body.length > largestBody)
    return null;
  const calls = body.flatMap((s) => (s.kind === "batch" ? s.calls : []));
  if (calls.length === 0 || calls.length > mostCalls || !body.every(isIndependent) || readsWhatItStores(body))
    return null;
  const whole = multiply(floorDivide(to.offset, constant(rounds)), constant(rounds));
  const first = name(variable);
  // Each call by itself, to be gathered anew.
  const alone = body.flatMap((s) =>
    s.kind === "batch" ? s.calls.map((call): Statement => ({ ...s, calls: [call] })) : [s],
  );
  const copies = Array.from({ length: rounds }, (_, k) => {
    const renamed = new Map<string, string>();
    const position = scalars.shifted(scalars.variable(first), constant(k));
    const known = new Map<Scalar, Scalar>();
    const moved = (s: Scalar): Scalar => {
      const done = known.get(s);
      if (done !== undefined) return done;
      const result = moveOne(s);
      known.set(s, result);
      return result;
    };
    const moveOne = (s: Scalar): Scalar => {
      if (s.kind === "variable") return s.name === variable ? position : s;
      if (s.kind === "local") return scalars.local(renamed.get(s.name) ?? s.name, s.element);
      const operands = operandsOf(s).map(moved);
      if (s.kind === "affine") {
        return scalars.affine(
          s.offset,
          s.terms.map((t, n) => ({ scalar: operands[n], coefficient: t.coefficient })),
        );
      }
      return scalars.withOperands(s, operands);
    };
    return alone.map((s): Statement => {
      switch (s.kind) {
        case "let": {
          const value = moved(s.value);
          renamed.set(s.name, name(s.name));
          return { ...s, name: renamed.get(s.name) ?? s.name, value };
        }
        case "batch": {
          const calls = s.calls.map((c) => ({ ...c, operands: c.operands.map(moved) }));
          for (const c of calls) renamed.set(c.name, name(c.name));
          return { ...s, calls: calls.map((c) => ({ ...c, name: renamed.get(c.name) ?? c.name })) };
        }
        case "accumulate":
          return { ...s, value: moved(s.value) };
        case "store":
        case "storeAdd":
          return { ...s, index: moved(s.index), value: moved(s.value) };
        default:
          return s;
      }
    });
  });
  return {
    main: { ...loop, variable: first, to: scalars.dim(whole), step: rounds, body: copies.flat() },
    rest: { ...loop, from: scalars.dim(whole) },
  };
}

function isIndependent(s: Statement): boolean {
  return s.kind === "let" || s.kind === "batch" || s.kind === "accumulate" || s.kind === "store";
}

/** Whether a round may read what an earlier one has written or summed. */
function readsWhatItStores(body: readonly Statement[]): boolean {
  const stored = new Set(body.flatMap((s) => (s.kind === "store" ? [s.buffer] : [])));
  const pending = body.flatMap((s) => [...scalarsOf(s)]);
  for (let s = pending.pop(); s !== undefined; s = pending.pop()) {
    if (s.kind === "load" && stored.has(s.buffer)) return true;
    if (s.kind === "accumulator" && s.changing) return true;
    pending.push(...operandsOf(s));
  }
  return false;
}

function isZero(s: Scalar): boolean {
  return s.kind === "affine" && s.terms.length === 0 && s.offset.terms.length === 0;
}
