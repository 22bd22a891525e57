/** What textbooks write, and what the compiler has a better form for. */
import * as dims from "../../src/ir/dim.ts";
import type { Construct } from "./construct.ts";
import { hasEntries, positive, type Scope } from "./scope.ts";
import { op, real, strength, typeOf, type Term } from "./terms.ts";

/** Formulas of one operand, which stands wherever they say x. */
const ofAny = [
  "1 / (1 + exp(-x))",
  "exp(x) / (1 + exp(x))",
  "log(1 + exp(x))",
  "log1p(exp(x))",
  "exp(x) - 1",
  "log(sigmoid(x))",
  "log(1 - sigmoid(x))",
  "(exp(x) - exp(-x)) / 2",
  "x * x - x^2",
  "sqrt(x^2)",
  "(if (if x > 0 then 1 else 0) == 1 then x else 0)",
  "(if not ((if x > 0 then 1 else 0) == 0) then x else 0)",
  "(x + 1)^2 - (x - 1)^2",
  "(x > 0) * x",
  "(if ((x > 0) + 0) == 1 then x else 2)",
  "(if ((x > 0) + 0) < 1 then x else 2)",
  "(if (if x > 0 then true else false) then x else 1.5)",
  "x - x",
];
const ofPositive = [
  "exp(log(x))",
  "exp(-log(x))",
  "log(1 + x)",
  "x / x^2",
  "sqrt(x)^2",
  "x^0.5 * x^0.5",
  "1 / (1 / x)",
];

function formula(s: Scope): Term | null {
  const x = s.number((t) => t.element === "real");
  if (x === null) return null;
  const anywhere = s.rng.chance(0.65);
  const text = s.rng.pick(anywhere ? ofAny : ofPositive);
  const operand = anywhere ? x : positive(x);
  const wanted = [strength.atom];
  return op("idiom", x.type, [operand], ([a]) => `(${text.replaceAll(/\bx\b/gu, () => a)})`, { wanted });
}

/** -Σ t log p over a row, a choice of rows by a product with 0 and 1, sums of nothing but zeros. */
function ofRows(s: Scope): Term | null {
  const x = s.number((t) => t.element === "real" && t.shape.length > 0 && hasEntries(t));
  if (x === null) return null;
  const { shape } = x.type;
  const size = dims.constantOf(shape[0]);
  switch (s.rng.below(5)) {
    case 0:
      return op("log-softmax", x.type, [x], ([a]) => `log(softmax(${a}))`);
    case 1: {
      if (size === null || size === 0 || shape.length > 2) return null;
      const i = s.integers(s.rng.chance(0.5) ? [] : s.shape(1), size);
      const to = [...i.type.shape, ...shape.slice(1)];
      return op("one-hot-product", real(to), [i, x], ([k, a]) => `(one_hot(${k}, ${String(size)}) @ ${a})`, { wanted: [strength.prefix, strength.atom] }); // prettier-ignore
    }
    case 2:
      return op("sum-of-zeros", real([]), [x], ([a]) => `sum(zeros_like(${a}))`);
    case 3:
      return op("concat-of-one", x.type, [x], ([a]) => `concat([${a}])`);
    default:
      return op("choice-of-bools", typeOf("bool", shape), [x], ([a]) => `where(${a} > 0, ${a} == ${a}, ${a} > 1)`, { wanted: [strength.add] }); // prettier-ignore
  }
}

export const idioms: readonly Construct[] = [
  { name: "idiom", weight: 2, make: formula },
  { name: "idiom-of-rows", weight: 1.5, make: ofRows },
];
