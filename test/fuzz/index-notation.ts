/** `[i < n] -> ...` over entries of an operand: the same entries, others, windows, neighbours under a guard, sums of them. */
import * as dims from "../../src/ir/dim.ts";
import type { Construct } from "./construct.ts";
import { d, type Scope } from "./scope.ts";
import { op, strength, typeOf, type Term, type Type } from "./terms.ts";

const isReal = (t: Type): boolean => t.element === "real" && t.shape.length > 0;

/** Entries of the first axis of n, as text over the operand `x`. */
const walks: readonly ((x: string, n: string) => string)[] = [
  (x, n) => `([i < ${n}] -> ${x}[i])`,
  (x, n) => `([i < ${n}] -> ${x}[i] * (i + 2))`,
  (x, n) => `([i < ${n}] -> ${x}[${n} - 1 - i])`,
  (x, n) => `([i < ${n}] -> if i > 0 then ${x}[i - 1] else 0.5)`,
  (x, n) => `([i < ${n}] -> if i + 1 < ${n} and 0 < i then ${x}[i + 1] - ${x}[i - 1] else ${x}[i])`,
  (x, n) => `([i < ${n}] -> { p = ${x}[i] return p * p })`.replace(" return", "; return"),
  (x, n) => `([1 <= i < ${n} + 1] -> ${x}[i - 1])`,
];

function walk(s: Scope): Term | null {
  const x = s.number(isReal);
  if (x === null) return null;
  const n = dims.print(x.type.shape[0]);
  const text = s.rng.pick(walks);
  return op("map", x.type, [x], ([a]) => text(a, n), { wanted: [strength.atom] });
}

/** What changes the shape: sums over windows and over all before, turned axes, diagonals, entries that integers choose. */
function reshaping(s: Scope): Term | null {
  const x = s.number(isReal);
  if (x === null) return null;
  const [first, ...rest] = x.type.shape;
  const [second, ...below] = rest;
  const n = dims.print(first);
  const size = dims.constantOf(first);
  const made = (shape: readonly dims.Dim[], text: (a: string) => string): Term =>
    op("map", typeOf("real", shape), [x], ([a]) => text(a), { wanted: [strength.atom] });
  switch (s.rng.below(6)) {
    case 0: {
      if (size === null || size < 2) return null;
      const step = s.rng.pick([1, 2]);
      const count = Math.floor((size - 2) / step) + 1;
      return made([d(count), ...rest], (a) => `([i < ${count}] -> ${a}[${step} * i] * 2 + ${a}[${step} * i + 1])`);
    }
    case 1:
      return rest.length > 0 ? null : made([first], (a) => `([i < ${n}] -> sum([j < ${n}] -> if j <= i then ${a}[j] else 0))`); // prettier-ignore
    case 2:
      return rest.length === 0 ? null : made([second, first, ...below], (a) => `([i < ${dims.print(second)}, j < ${n}] -> ${a}[j, i])`); // prettier-ignore
    case 3:
      return rest.length === 0 || !dims.equal(first, second) ? null : made([first, ...below], (a) => `([i < ${n}] -> ${a}[i, i])`); // prettier-ignore
    case 4: {
      if (size === null || size < 3 || rest.length > 0) return null;
      return made([d(size - 2)], (a) => `([i < ${size - 2}] -> sum([j < 3] -> ${a}[i + j] * (j - 1)))`);
    }
    default: {
      if (size === null || size === 0) return null;
      const k = s.integers([d(s.rng.pick([1, 2, 3]))], size);
      const count = dims.print(k.type.shape[0]);
      const wanted = [strength.atom, strength.atom];
      return op("map", typeOf("real", [...k.type.shape, ...rest]), [x, k], ([a, b]) => `([i < ${count}] -> ${a}[${b}[i]] * (i + 1))`, { wanted }); // prettier-ignore
    }
  }
}

/** Derivatives of each entry by itself. */
function derivative(s: Scope): Term | null {
  const x = s.number((t) => isReal(t) && t.shape.length === 1);
  if (x === null || x.operands.length > 0) return null;
  const n = dims.print(x.type.shape[0]);
  return op("map-grad", x.type, [x], ([a]) => `([i < ${n}] -> grad(sin(${a}[i]) * ${a}[i], ${a}[i]))`);
}

export const indexNotation: readonly Construct[] = [
  { name: "map", weight: 2, make: walk },
  { name: "map-reshaping", weight: 2.5, make: reshaping },
  { name: "map-derivative", weight: 0.5, make: derivative },
];
