/** Constructs that reduce, move, join and choose entries. */
import * as dims from "../../src/ir/dim.ts";
import type { Dim, Shape } from "../../src/ir/dim.ts";
import type { Construct } from "./construct.ts";
import { d, entries, isOne, tamed, type Scope } from "./scope.ts";
import { call, infix, literal, op, real, strength, typeOf, type Term, type Type } from "./terms.ts";

const withAxes = (t: Type): boolean => t.shape.length > 0;

/** Some axes as text, and the shape that is left. */
function axesOf(
  s: Scope,
  shape: Shape,
): { readonly text: string; readonly rest: Shape; readonly kept: Shape; readonly axes: readonly number[] } {
  const rank = shape.length;
  const all = [...shape.keys()];
  const sign = (k: number): string => String(s.rng.chance(0.5) ? k - rank : k);
  const kind = s.rng.next();
  const axes = kind < 0.35 ? all : kind < 0.85 || rank < 2 ? [s.rng.below(rank)] : all.filter(() => s.rng.chance(0.6));
  const chosen = axes.length === 0 ? [0] : axes;
  const text = kind < 0.35 ? "all" : chosen.length === 1 ? sign(chosen[0]) : `[${chosen.map(sign).join(", ")}]`;
  return {
    text,
    rest: shape.filter((_, k) => !chosen.includes(k)),
    kept: shape.map((size, k) => (chosen.includes(k) ? d(1) : size)),
    axes: chosen,
  };
}

function axisText(s: Scope, k: number, rank: number): string {
  return String(s.rng.chance(0.5) ? k - rank : k);
}

function reduction(s: Scope): Term | null {
  const x = s.number(withAxes);
  if (x === null) return null;
  const { text, rest, kept, axes } = axesOf(s, x.type.shape);
  const name = s.rng.pick(["sum", "sum", "mean", "prod", "max", "min", "logsumexp", "norm", "var", "std"]);
  const stays = name === "sum" || name === "prod" || name === "max" || name === "min";
  const element =
    stays && x.type.element === "index"
      ? "index"
      : x.type.element === "bool" && (name === "sum" || name === "prod")
        ? "index"
        : "real";
  // The largest of bools is a bool.
  if (x.type.element === "bool" && (name === "max" || name === "min")) return null;
  if (name === "var" && axes.some((k) => dims.constantOf(x.type.shape[k]) === null)) return null;
  const keep = s.rng.chance(0.25);
  const operand = name === "prod" && x.type.element === "real" && s.rng.chance(0.7) ? tamed(x) : x;
  const more = name === "norm" ? [s.rng.pick(["2", "1", "inf", "3", "2"])] : [];
  const shown = text === "all" && !keep ? [] : [`axis = ${text}`];
  return call(
    name,
    typeOf(element, keep ? kept : rest),
    [operand],
    ...more,
    ...shown,
    ...(keep ? ["keep = true"] : []),
  );
}

function anyOrAll(s: Scope): Term | null {
  const x = s.find((t) => t.element === "bool" && t.shape.length > 0);
  if (x === null) return null;
  const { text, rest } = axesOf(s, x.type.shape);
  return call(s.rng.pick(["any", "all"]), typeOf("bool", rest), [x], `axis = ${text}`);
}

function softmax(s: Scope): Term | null {
  const x = s.number(withAxes);
  if (x === null) return null;
  const rank = x.type.shape.length;
  const axis = s.rng.chance(0.6) ? [] : [`axis = ${axisText(s, s.rng.below(rank), rank)}`];
  return call(s.rng.pick(["softmax", "log_softmax"]), real(x.type.shape), [x], ...axis);
}

function place(s: Scope): Term | null {
  const x = s.number((t) => t.shape.length > 0 && t.shape.every((size) => (dims.constantOf(size) ?? 1) > 0));
  if (x === null) return null;
  const rank = x.type.shape.length;
  const k = s.rng.below(rank);
  const size = dims.constantOf(x.type.shape[k]);
  const rest = x.type.shape.filter((_, j) => j !== k);
  return call(s.rng.pick(["argmax", "argmin"]), typeOf("index", rest, size), [x], `axis = ${axisText(s, k, rank)}`);
}

function rearrange(s: Scope): Term | null {
  const x = s.find((t) => t.shape.length > 0);
  if (x === null) return null;
  const { shape } = x.type;
  const rank = shape.length;
  const as = (to: Shape): Type => ({ ...x.type, shape: to });
  const k = s.rng.below(rank);
  switch (s.rng.below(9)) {
    case 0:
      if (rank < 2) return null;
      return op(".T", as([...shape.slice(0, -2), shape[rank - 1], shape[rank - 2]]), [x], ([a]) => `${a}.T`, {
        wanted: [strength.atom],
      });
    case 1:
      return call("transpose", as([...shape].reverse()), [x]);
    case 2: {
      const order = s.rng.shuffled([...shape.keys()]);
      return call(
        "permute",
        as(order.map((j) => shape[j])),
        [x],
        `[${order.map((j) => axisText(s, j, rank)).join(", ")}]`,
      );
    }
    case 3: {
      if (rank > 3) return null;
      const at = s.rng.below(rank + 1);
      return call("expand", as([...shape.slice(0, at), d(1), ...shape.slice(at)]), [x], axisText(s, at, rank + 1));
    }
    case 4: {
      const ones = [...shape.keys()].filter((j) => isOne(shape[j]));
      if (ones.length === 0) return null;
      const at = s.rng.pick(ones);
      return call("squeeze", as(shape.filter((_, j) => j !== at)), [x], axisText(s, at, rank));
    }
    case 5:
      return call("flip", as(shape), [x], axisText(s, k, rank));
    case 6:
      return call("roll", as(shape), [x], s.rng.pick(["1", "-1", "2"]), axisText(s, k, rank));
    case 7:
      return call("flatten", as([dims.product(shape)]), [x]);
    default: {
      const total = entries(shape);
      if (shape.some((size) => dims.constantOf(size) === null) || total === 0) return null;
      const first = [2, 3, 4, 5].filter((p) => total % p === 0);
      const rows = first.length === 0 ? 1 : s.rng.pick(first);
      const to = [d(rows), d(total / rows)];
      const text = s.rng.chance(0.4) ? `[${String(rows)}, -1]` : `[${String(rows)}, ${String(total / rows)}]`;
      return call("reshape", as(to), [x], text);
    }
  }
}

function stretch(s: Scope): Term | null {
  const x = s.find((t) => t.shape.length > 0 && t.shape.length < 4);
  if (x === null) return null;
  const { shape } = x.type;
  const as = (to: Shape): Type | null => (s.isSmall(to) ? { ...x.type, shape: to } : null);
  const k = s.rng.below(shape.length);
  const wider = (by: number): Shape => shape.map((size, j) => (j === k ? dims.multiply(d(by), size) : size));
  switch (s.rng.below(4)) {
    case 0: {
      const lead = s.size();
      const to = as([lead, ...shape]);
      return to === null ? null : call("broadcast", to, [x], `[${[lead, ...shape].map(timesText).join(", ")}]`);
    }
    case 1: {
      const to = as(shape.map((size, j) => (j === shape.length - 1 ? dims.multiply(d(2), size) : size)));
      return to === null
        ? null
        : call("tile", to, [x], `[${shape.map((_, j) => (j === shape.length - 1 ? "2" : "1")).join(", ")}]`);
    }
    case 2: {
      const to = as(wider(2));
      return to === null ? null : call("repeat", to, [x], "2", axisText(s, k, shape.length));
    }
    default: {
      const widths = shape.map(() => [s.rng.below(2), s.rng.below(3)]);
      const to = as(shape.map((size, j) => dims.add(size, d(widths[j][0] + widths[j][1]))));
      const value = s.rng.chance(0.5) ? [] : [s.rng.pick(["1.5", "0", "-inf"])];
      if (to === null) return null;
      const filled = value.length > 0 && value[0] !== "0";
      const type = filled ? real(to.shape) : to;
      return call("pad", type, [x], `[${widths.map(([a, b]) => `[${String(a)}, ${String(b)}]`).join(", ")}]`, ...value);
    }
  }
}

/** A dim as an expression of the language. */
function timesText(size: Dim): string {
  return dims.print(size);
}

function join(s: Scope): Term | null {
  const x = s.number();
  if (x === null) return null;
  const { shape } = x.type;
  const y = s.find((t) => t.element === x.type.element && dims.shapesEqual(t.shape, shape)) ?? x;
  const type = (to: Shape): Type => ({ ...x.type, bound: null, shape: to });
  if (shape.length > 0 && s.rng.chance(0.5)) {
    const k = s.rng.below(shape.length);
    const to = shape.map((size, j) => (j === k ? dims.add(size, size) : size));
    if (!s.isSmall(to)) return null;
    const axis = axisText(s, k, shape.length);
    return op("concat", type(to), [x, y], ([a, b]) => `concat([${a}, ${b}], axis = ${axis})`);
  }
  if (!s.isSmall([d(2), ...shape])) return null;
  if (s.rng.chance(0.5)) return op("list", type([d(2), ...shape]), [x, y], ([a, b]) => `[${a}, ${b}]`);
  const at = s.rng.below(shape.length + 1);
  const axis = axisText(s, at, shape.length + 1);
  return op(
    "stack",
    type([...shape.slice(0, at), d(2), ...shape.slice(at)]),
    [x, y],
    ([a, b]) => `stack([${a}, ${b}], axis = ${axis})`,
  );
}

function split(s: Scope): Term | null {
  if (s.options.inline) return null;
  const x = s.find((t) => t.shape.length > 0);
  if (x === null) return null;
  const { shape } = x.type;
  const k = s.rng.below(shape.length);
  const size = dims.constantOf(shape[k]);
  if (size === null || size < 2) return null;
  const axis = axisText(s, k, shape.length);
  const even = size % 2 === 0 && s.rng.chance(0.5);
  const cut = even ? size / 2 : 1 + s.rng.below(size - 1);
  const as = (n: number): Type => ({ ...x.type, shape: shape.map((old, j) => (j === k ? d(n) : old)) });
  const whole = call("split", x.type, [x], even ? "2" : `[${String(cut)}]`, `axis = ${axis}`);
  const parts = s.defineAll(whole, [as(cut), as(size - cut)]);
  s.pool.push(parts[0]);
  return parts[1];
}

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
      { text: "0", left: null },
      { text: "-1", left: null },
    ]);
  }
  const at = s.rng.below(Math.max(known, 1));
  const kind = s.rng.next();
  if (kind < 0.3 && known > 0) return { text: String(s.rng.chance(0.3) ? at - known : at), left: null };
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
  const x = s.find(withAxes);
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
    if (found === null) return null;
    index = found;
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

/** Several subscripts of one tensor by computed integers, whose gradients are added up. */
function integersFrom(s: Scope): Term | null {
  const shape = s.shape(s.rng.below(3));
  const bound = 1 + s.rng.below(4);
  return s.integers(shape, bound);
}

function integerArithmetic(s: Scope): Term | null {
  const x = s.find((t) => t.element === "index");
  if (x === null) return null;
  const by = String(2 + s.rng.below(3));
  const type = { ...x.type, bound: null };
  switch (s.rng.below(4)) {
    case 0:
      return call("mod", { ...x.type, bound: Number(by) }, [x], by);
    case 1:
      return call("div", { ...x.type }, [x], by);
    case 2:
      return infix("*", type, x, literal(by), strength.multiply);
    default:
      return infix("+", type, x, literal("1"), strength.add);
  }
}

function source(s: Scope): Term | null {
  const n = s.size();
  const text = dims.print(n);
  const square: Shape = [n, n];
  switch (s.rng.below(7)) {
    case 0:
      return call("arange", typeOf("index", [n], dims.constantOf(n)), [], text);
    case 1:
      return s.isSmall(square) ? call("eye", real(square), [], text) : null;
    case 2: {
      const known = dims.constantOf(n);
      if (known === null || known === 0) return null;
      const i = s.integers(s.rng.chance(0.5) ? [] : s.shape(1), known);
      return call("one_hot", real([...i.type.shape, n]), [i], text);
    }
    case 3: {
      const a = s.number((t) => t.shape.length === 0);
      return a === null ? null : op("linspace", real([n]), [a], ([x]) => `linspace(${x}, 1.5, ${text})`);
    }
    case 4: {
      const a = s.number((t) => t.shape.length === 0);
      return a === null ? null : op("full", real([n, d(2)]), [a], ([x]) => `full([${text}, 2], ${x})`);
    }
    case 5: {
      const x = s.number((t) => t.shape.length === 1 && s.isSmall([...t.shape, ...t.shape]));
      if (x === null || x.type.element === "bool") return null;
      return call("diag", { ...x.type, bound: null, shape: [...x.type.shape, ...x.type.shape] }, [x]);
    }
    default:
      return call(s.rng.pick(["zeros", "ones"]), real([n]), [], `[${text}]`);
  }
}

function matrixPart(s: Scope): Term | null {
  const x = s.number((t) => t.shape.length === 2 && t.element === "real");
  if (x === null) return null;
  const [rows, columns] = x.type.shape;
  switch (s.rng.below(4)) {
    case 0:
      return call("trace", real([]), [x]);
    case 1:
      return dims.equal(rows, columns) ? call("diag", real([rows]), [x]) : null;
    default:
      return call(s.rng.pick(["tril", "triu"]), real(x.type.shape), [x], s.rng.pick(["0", "1", "-1"]));
  }
}

export const structure: readonly Construct[] = [
  { name: "reduction", weight: 6, make: reduction },
  { name: "any-all", weight: 1, make: anyOrAll },
  { name: "softmax", weight: 2, make: softmax },
  { name: "argmax", weight: 1, make: place },
  { name: "rearrange", weight: 3, make: rearrange },
  { name: "stretch", weight: 2, make: stretch },
  { name: "join", weight: 2, make: join },
  { name: "split", weight: 1, make: split },
  { name: "subscript", weight: 4, make: subscript },
  { name: "gather", weight: 2.5, make: gather },
  { name: "integers", weight: 1, make: integersFrom },
  { name: "integer-arithmetic", weight: 1, make: integerArithmetic },
  { name: "source", weight: 1.5, make: source },
  { name: "matrix-part", weight: 1, make: matrixPart },
];
