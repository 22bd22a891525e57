/** Subscripts: places, slices, lists of places and integers that are known at run time. */
import * as dims from "../../src/ir/dim.ts";
import type { Dim, Shape } from "../../src/ir/dim.ts";
import type { Construct } from "./construct.ts";
import { d, type Scope } from "./scope.ts";
import { call, op, strength, typeOf, type Term } from "./terms.ts";

/** One axis of a subscript, and the size that it leaves (null: none). */
function subscriptOf(s: Scope, size: Dim): { readonly text: string; readonly left: Dim | null } {
  const known = dims.constantOf(size);
  if (known === null) {
    const less = dims.subtract(size, d(1));
    const half = dims.floorDivide(dims.add(size, d(1)), d(2));
    return s.rng.pick([
      { text: ":", left: size },
      { text: "1:", left: less },
      { text: ":-1", left: less },
      { text: "::-1", left: size },
      { text: "::2", left: half },
      { text: "::-2", left: half },
      { text: `0:${dims.print(size)}:1`, left: size },
      { text: `1:${dims.print(less)} + 1`, left: less },
      { text: `:${dims.print(less)}`, left: less },
      { text: "0", left: null },
      { text: "-1", left: null },
      { text: dims.print(less), left: null },
    ]);
  }
  const at = s.rng.below(Math.max(known, 1));
  const kind = s.rng.next();
  if (kind < 0.3 && known > 0) return { text: s.rng.chance(0.3) ? String(at - known) : s.sizeText(d(at)), left: null };
  if (kind < 0.5) return { text: ":", left: size };
  const step = s.rng.pick([1, 1, 2, -1, -2]);
  const from = s.rng.chance(0.5) ? null : s.rng.below(known + 2) - 1;
  const to = s.rng.chance(0.5) ? null : s.rng.below(known + 2) - 1;
  const [low, high] = step > 0 ? [0, known] : [-1, known - 1];
  const clamp = (v: number | null, other: number): number =>
    v === null ? other : Math.min(Math.max(v < 0 ? v + known : v, low), high);
  const [a, b] = [clamp(from, step > 0 ? low : high), clamp(to, step > 0 ? high : low)];
  const count = Math.max(0, Math.ceil((b - a) / step));
  // Little is learned from empty tensors.
  if (count === 0 && known > 0) return { text: ":", left: size };
  const text = `${from === null ? "" : String(from)}:${to === null ? "" : String(to)}${step === 1 ? "" : `:${String(step)}`}`;
  return { text, left: d(count) };
}

function subscript(s: Scope): Term | null {
  const x = s.find((t) => t.shape.length > 0);
  if (x === null) return null;
  const { shape } = x.type;
  const parts = shape.map((size) => subscriptOf(s, size));
  const last = shape.length - 1 - [...parts].reverse().findIndex((p) => p.text !== ":");
  const shown = parts.slice(0, Math.max(1, s.rng.chance(0.7) && last < shape.length ? last + 1 : shape.length));
  const left = parts.flatMap((p) => p.left ?? []);
  return op("subscript", { ...x.type, shape: left }, [x], ([a]) => `${a}[${shown.map((p) => p.text).join(", ")}]`, {
    wanted: [strength.atom],
  });
}

/** `E[i]`, `E[:, i]` with integers that are known at run time only. */
function gather(s: Scope): Term | null {
  const x = s.find((t) => t.shape.length > 0 && t.shape.length < 4);
  if (x === null) return null;
  const { shape } = x.type;
  const k = s.rng.below(shape.length);
  const size = dims.constantOf(shape[k]);
  if (size === 0) return null;
  let index: Term;
  if (size === null) {
    // Whether an entry is there is known at run time.
    const found = s.find((t) => t.element === "index" && t.shape.length < 2 && t.bound !== null && t.bound <= 2);
    const all = call("arange", typeOf("index", [shape[k]]), [], s.sizeText(shape[k]));
    if (found === null && s.rng.chance(0.7)) return null;
    index = found ?? all;
  } else {
    const found = s.find((t) => t.element === "index" && t.shape.length < 3 && t.bound !== null && t.bound <= size);
    index = found ?? s.integers(s.rng.chance(0.3) ? [] : s.shape(1), size);
  }
  const to = [...shape.slice(0, k), ...index.type.shape, ...shape.slice(k + 1)];
  if (!s.isSmall(to)) return null;
  const before = ":, ".repeat(k);
  return op("gather", { ...x.type, shape: to }, [x, index], ([a, i]) => `${a}[${before}${i}]`, {
    wanted: [strength.atom, strength.prefix],
  });
}

/** Integers that are known at run time among slices and places, as NumPy orders the axes; a list of places. */
function mixedSubscript(s: Scope): Term | null {
  const x = s.find((t) => t.shape.length > 1 && t.shape.length < 4);
  if (x === null) return null;
  const { shape } = x.type;
  const k = s.rng.below(shape.length);
  const size = dims.constantOf(shape[k]);
  if (size === null || size === 0) return null;
  const i = s.rng.chance(0.4) ? null : s.integers(s.rng.chance(0.3) ? [] : s.shape(1), size);
  const places = Array.from({ length: 2 }, () => String(s.rng.below(size)));
  const parts = shape.map((other, j) => (j === k ? null : subscriptOf(s, other)));
  const axes = i?.type.shape ?? [d(2)];
  // The new axes stand in front where a slice separates the integers from a place.
  const advanced = [...shape.keys()].filter((j) => parts[j] === null || parts[j].left === null);
  const apart = advanced[advanced.length - 1] - advanced[0] >= advanced.length;
  const rest = (from: number, to: number): Shape => parts.slice(from, to).flatMap((p) => p?.left ?? []);
  const left = apart ? [...axes, ...rest(0, k), ...rest(k + 1, shape.length)] : [...rest(0, k), ...axes, ...rest(k + 1, shape.length)]; // prettier-ignore
  if (!s.isSmall(left)) return null;
  const text = ([a, index]: readonly string[]): string => `${a}[${parts.map((p) => p?.text ?? (i === null ? `[${places.join(", ")}]` : index)).join(", ")}]`; // prettier-ignore
  return op("mixed-subscript", { ...x.type, shape: left }, i === null ? [x] : [x, i], text, { wanted: [strength.atom, strength.prefix] }); // prettier-ignore
}

export const subscripts: readonly Construct[] = [
  { name: "subscript", weight: 4, make: subscript },
  { name: "gather", weight: 2.5, make: gather },
  { name: "mixed-subscript", weight: 1.5, make: mixedSubscript },
];
