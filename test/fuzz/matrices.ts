/** Linear algebra, mostly of matrices that are far from singular ones. */
import * as dims from "../../src/ir/dim.ts";
import type { Construct } from "./construct.ts";
import { broadcast, tamed, type Scope } from "./scope.ts";
import { call, infix, op, real, strength, type Term, type Type } from "./terms.ts";

const isSquare = ({ shape }: Type): boolean => shape.length >= 2 && dims.equal(shape[shape.length - 2], shape[shape.length - 1]); // prettier-ignore

function square(s: Scope): Term | null {
  const known = s.number(isSquare);
  if (known !== null && s.rng.chance(0.8)) return known;
  const n = s.size();
  return s.isSmall([n, n]) ? s.want(real([n, n])) : known;
}

/** tanh(x) + c 1: entries beside the diagonal are below one. */
function dominant(s: Scope, x: Term): Term {
  return plusIdentity(s, tamed(x), 6);
}

function positive(s: Scope, x: Term): Term {
  const t = tamed(x);
  const turned = op("T", t.type, [t], ([a]) => `${a}.T`, { wanted: [strength.atom] });
  return plusIdentity(s, infix("+", t.type, t, turned, strength.add), 12);
}

function plusIdentity(s: Scope, x: Term, times: number): Term {
  const n = x.type.shape[x.type.shape.length - 1];
  const eye = call("eye", real([n, n]), [], s.sizeText(n));
  const scaled = op("*", eye.type, [eye], ([e]) => `${String(times)} * ${e}`, { strength: strength.multiply, wanted: [strength.multiply + 1] }); // prettier-ignore
  return infix("+", x.type, x, scaled, strength.add);
}

function linearAlgebra(s: Scope): Term | null {
  const x = square(s);
  if (x === null || !isSquare(x.type)) return null;
  const { shape } = x.type;
  const type = real(shape);
  const scalars = real(shape.slice(0, -2));
  switch (s.rng.name(["solve", "solve", "inv", "det", "logdet", "cholesky"])) {
    case "solve":
      return solution(s, dominant(s, x));
    case "inv":
      return call("inv", type, [dominant(s, x)]);
    // A determinant is right whatever the rank.
    case "det":
      return call("det", scalars, [tamed(x)]);
    case "logdet":
      return call("logdet", scalars, [s.rng.chance(0.5) ? positive(s, x) : dominant(s, x)]);
    default:
      return call("cholesky", type, [positive(s, x)]);
  }
}

function solution(s: Scope, a: Term): Term | null {
  const { shape } = a.type;
  const n = shape[shape.length - 1];
  if (s.rng.chance(0.5)) return call("solve", real(shape.slice(0, -1)), [a, s.want(real([n]))]);
  const fits = (t: Type): boolean => t.shape.length >= 2 && dims.equal(t.shape[t.shape.length - 2], n);
  const b = s.number(fits) ?? s.want(real([n, s.size()]));
  const lead = fits(b.type) ? broadcast(shape.slice(0, -2), b.type.shape.slice(0, -2)) : null;
  if (lead === null) return null;
  const result = [...lead, ...b.type.shape.slice(-2)];
  return s.isSmall(result) ? call("solve", real(result), [a, b]) : null;
}

export const matrices: readonly Construct[] = [
  { name: "linear-algebra", weight: 1.5, make: linearAlgebra, calls: ["solve", "inv", "det", "logdet", "cholesky"] },
];
