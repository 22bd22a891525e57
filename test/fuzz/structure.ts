/** Constructs that reduce, move, join and choose entries. */
import * as dims from "../../src/ir/dim.ts";
import type { Shape } from "../../src/ir/dim.ts";
import type { Construct } from "./construct.ts";
import { d, entries, hasEntries, isOne, tamed, type Scope } from "./scope.ts";
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
  const ofMany = ["max", "min", "logsumexp", "norm"];
  const name = s.rng.name(["sum", "sum", "mean", "prod", "var", "std", ...(hasEntries(x.type) ? ofMany : [])]);
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
  const keep = s.rng.chance(0.3);
  const operand = name === "prod" && x.type.element === "real" && s.rng.chance(0.7) ? tamed(x) : x;
  const p = name === "norm" && s.rng.chance(0.7) ? s.rng.pick(["2", "1", "inf", "3", "0", "-inf", "1.5"]) : null;
  const more = p === null ? [] : [`p = ${p}`];
  const spread = name === "var" || name === "std" ? s.rng.pick([[], [], ["ddof = 1"]]) : [];
  const shown = text === "all" && !keep ? [] : [`axis = ${text}`];
  return call(
    name,
    // The number of entries that are not 0 is an integer.
    typeOf(p === "0" ? "index" : element, keep ? kept : rest),
    [operand],
    ...more,
    ...shown,
    ...(keep ? ["keep = true"] : []),
    ...spread,
  );
}

function anyOrAll(s: Scope): Term | null {
  const y = s.number(withAxes);
  const test = y === null ? null : infix(s.rng.pick(["<", ">="]), typeOf("bool", y.type.shape), y, literal("0.5"), strength.compare); // prettier-ignore
  const x = s.find((t) => t.element === "bool" && t.shape.length > 0) ?? test;
  if (x === null) return null;
  const { text, rest, kept } = axesOf(s, x.type.shape);
  const [shape, keep] = s.rng.chance(0.45) ? [kept, ["keep = true"]] : [rest, []];
  const along = text === "all" && keep.length === 0 ? [] : [`axis = ${text}`];
  return call(s.rng.name(["any", "all"]), typeOf("bool", shape), [x], ...along, ...keep);
}

function softmax(s: Scope): Term | null {
  const x = s.number((t) => withAxes(t) && hasEntries(t));
  if (x === null) return null;
  const rank = x.type.shape.length;
  const axis = s.rng.chance(0.6) ? [] : [`axis = ${axisText(s, s.rng.below(rank), rank)}`];
  return call(s.rng.name(["softmax", "log_softmax"]), real(x.type.shape), [x], ...axis);
}

function place(s: Scope): Term | null {
  const x = s.number((t) => t.shape.length > 0 && t.shape.every((size) => (dims.constantOf(size) ?? 1) > 0));
  if (x === null) return null;
  const rank = x.type.shape.length;
  const name = s.rng.name(["argmax", "argmin"]);
  const keep = s.rng.chance(0.35);
  const more = keep ? ["keep = true"] : [];
  if (s.rng.chance(0.25)) {
    const total = dims.constantOf(dims.product(x.type.shape));
    return call(name, typeOf("index", keep ? x.type.shape.map(() => d(1)) : [], total), [x], ...more);
  }
  const k = s.rng.below(rank);
  const size = dims.constantOf(x.type.shape[k]);
  const rest = keep ? x.type.shape.map((old, j) => (j === k ? d(1) : old)) : x.type.shape.filter((_, j) => j !== k);
  return call(name, typeOf("index", rest, size), [x], `axis = ${axisText(s, k, rank)}`, ...more);
}

function rearrange(s: Scope): Term | null {
  const x = s.find((t) => t.shape.length > 0);
  if (x === null) return null;
  const { shape } = x.type;
  const rank = shape.length;
  const as = (to: Shape): Type => ({ ...x.type, shape: to });
  const k = s.rng.below(rank);
  switch (
    s.rng.name([
      "T",
      "transpose",
      "permute",
      "expand",
      "squeeze",
      "flip",
      "roll",
      "cumsum",
      "cumprod",
      "flatten",
      "reshape",
    ])
  ) {
    case "T":
      if (rank < 2) return null;
      return op(".T", as([...shape.slice(0, -2), shape[rank - 1], shape[rank - 2]]), [x], ([a]) => `${a}.T`, {
        wanted: [strength.atom],
      });
    case "transpose":
      return call("transpose", as([...shape].reverse()), [x]);
    case "permute": {
      const order = s.rng.shuffled([...shape.keys()]);
      return call(
        "permute",
        as(order.map((j) => shape[j])),
        [x],
        `[${order.map((j) => axisText(s, j, rank)).join(", ")}]`,
      );
    }
    case "expand": {
      if (rank > 3) return null;
      const at = s.rng.below(rank + 1);
      return call("expand", as([...shape.slice(0, at), d(1), ...shape.slice(at)]), [x], axisText(s, at, rank + 1));
    }
    case "squeeze": {
      const ones = [...shape.keys()].filter((j) => isOne(shape[j]));
      if (ones.length === 0) return null;
      const at = s.rng.pick(ones);
      return call("squeeze", as(shape.filter((_, j) => j !== at)), [x], axisText(s, at, rank));
    }
    case "flip":
      if (s.rng.chance(0.3))
        return call("flip", as(shape), [x], rank < 2 ? "all" : `[0, ${axisText(s, rank - 1, rank)}]`);
      return call("flip", as(shape), [x], axisText(s, k, rank));
    case "roll": {
      const shift = s.rng.pick(["1", "-1", "2", "0", s.sizeText(s.size())]);
      return call("roll", as(shape), [x], shift, axisText(s, k, rank));
    }
    case "cumsum":
    case "cumprod": {
      // Entries below 1 keep products from leaving the range.
      const y = x.type.element === "real" ? x : null;
      if (y === null) return null;
      const name = s.rng.pick(["cumsum", "cumprod"]);
      const small = name === "cumprod" ? call("tanh", y.type, [y]) : y;
      return k === rank - 1 && s.rng.chance(0.5) ? call(name, as(shape), [small]) : call(name, as(shape), [small], axisText(s, k, rank)); // prettier-ignore
    }
    case "flatten":
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
  switch (s.rng.name(["broadcast", "tile", "repeat", "pad"])) {
    case "broadcast": {
      const lead = s.size();
      const to = as([lead, ...shape]);
      return to === null ? null : call("broadcast", to, [x], s.shapeText([lead, ...shape]));
    }
    case "tile": {
      const to = as(shape.map((size, j) => (j === shape.length - 1 ? dims.multiply(d(2), size) : size)));
      return to === null
        ? null
        : call("tile", to, [x], `[${shape.map((_, j) => (j === shape.length - 1 ? "2" : "1")).join(", ")}]`);
    }
    case "repeat": {
      const to = as(wider(2));
      return to === null ? null : call("repeat", to, [x], s.sizeText(d(2)), axisText(s, k, shape.length));
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
    if (k === 0 && s.rng.chance(0.3)) return op("concat", type(to), [x, y], ([a, b]) => `concat([${a}, ${b}])`);
    return op("concat", type(to), [x, y], ([a, b]) => `concat([${a}, ${b}], axis = ${axis})`);
  }
  if (!s.isSmall([d(2), ...shape])) return null;
  if (s.rng.chance(0.5)) return listed(s, x, y);
  const at = s.rng.below(shape.length + 1);
  const axis = axisText(s, at, shape.length + 1);
  return op(
    "stack",
    type([...shape.slice(0, at), d(2), ...shape.slice(at)]),
    [x, y],
    ([a, b]) => `stack([${a}, ${b}], axis = ${axis})`,
  );
}

/** `[a, b]`, `[[a, b], [b, 0.5]]`, `[a, b][1]`. */
function listed(s: Scope, x: Term, y: Term): Term {
  const type = (to: Shape): Type => ({ ...x.type, bound: null, shape: to });
  const kind = s.rng.next();
  const place = s.rng.pick(["1", "-1"]);
  const atoms = { wanted: [strength.atom] };
  if (kind < 0.2) return op("list", x.type, [x, y], ([a, b]) => `[${b}, ${a}][${place}]`);
  if (kind < 0.5 && s.isSmall([d(2), d(2), ...x.type.shape])) {
    const last = x.type.shape.length === 0 && x.type.element === "real" ? "0.5" : null;
    return op("list", type([d(2), d(2), ...x.type.shape]), [x, y], ([a, b]) => `[[${a}, ${b}], [${b}, ${last ?? a}]]`, atoms); // prettier-ignore
  }
  return op("list", type([d(2), ...x.type.shape]), [x, y], ([a, b]) => `[${a}, ${b}]`);
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
  const along = k === 0 && s.rng.chance(0.4) ? [] : [`axis = ${axis}`];
  const whole = call("split", x.type, [x], even ? s.sizeText(d(2)) : `[${s.sizeText(d(cut))}]`, ...along);
  const parts = s.defineAll(whole, [as(cut), as(size - cut)]);
  s.pool.push(parts[0]);
  return parts[1];
}

/** Integers for subscripts: entries that are chosen twice have gradients that are added up. */
function integersFrom(s: Scope): Term | null {
  const shape = s.shape(s.rng.below(3));
  const bound = 1 + s.rng.below(4);
  return s.integers(shape, bound);
}

/** A size as a number of a formula. */
function sizeAsNumber(s: Scope): Term | null {
  const symbols = s.sizes.filter((size) => dims.constantOf(size) === null);
  if (symbols.length === 0) return null;
  const size = s.rng.pick(symbols);
  return op("dim", typeOf("index", []), [], () => dims.print(size), { strength: strength.add });
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
  const text = s.sizeText(n);
  const square: Shape = [n, n];
  switch (s.rng.name(["arange", "eye", "one_hot", "linspace", "full", "diag", "zeros"])) {
    case "arange":
      return call("arange", typeOf("index", [n], dims.constantOf(n)), [], text);
    case "eye":
      return s.isSmall(square) ? call("eye", real(square), [], text) : null;
    case "one_hot": {
      const known = dims.constantOf(n);
      if (known === null || known === 0) return null;
      const i = s.integers(s.rng.chance(0.5) ? [] : s.shape(1), known);
      return call("one_hot", real([...i.type.shape, n]), [i], text);
    }
    case "linspace": {
      const a = s.number((t) => t.shape.length === 0);
      return a === null ? null : op("linspace", real([n]), [a], ([x]) => `linspace(${x}, 1.5, ${text})`);
    }
    case "full": {
      const a = s.number((t) => t.shape.length === 0);
      if (a === null || a.type.element === "bool") return null;
      return op("full", real([n, d(2)]), [a], ([x]) => `full([${text}, 2], ${x})`);
    }
    case "diag": {
      const x = s.number((t) => t.shape.length === 1 && s.isSmall([...t.shape, ...t.shape]));
      if (x === null || x.type.element === "bool") return null;
      return call("diag", { ...x.type, bound: null, shape: [...x.type.shape, ...x.type.shape] }, [x]);
    }
    default:
      return call(s.rng.name(["zeros", "ones"]), real([n]), [], `[${text}]`);
  }
}

function matrixPart(s: Scope): Term | null {
  const x = s.number((t) => t.shape.length === 2 && t.element === "real");
  if (x === null) return null;
  const [rows, columns] = x.type.shape;
  switch (s.rng.name(["trace", "diag", "tril", "triu"])) {
    case "trace":
      return call("trace", real([]), [x]);
    case "diag":
      return dims.equal(rows, columns) ? call("diag", real([rows]), [x]) : null;
    default:
      return call(
        s.rng.name(["tril", "triu"]),
        real(x.type.shape),
        [x],
        ...s.rng.pick([[], ["1"], ["-1"], ["k = 1"], [s.sizeText(d(1))]]),
      );
  }
}

export const structure: readonly Construct[] = [
  {
    name: "reduction",
    weight: 6,
    make: reduction,
    calls: ["sum", "mean", "prod", "var", "std", "max", "min", "logsumexp", "norm"],
  },
  { name: "any-all", weight: 1.5, make: anyOrAll, calls: ["any", "all"] },
  { name: "softmax", weight: 2, make: softmax, calls: ["softmax", "log_softmax"] },
  { name: "argmax", weight: 1.5, make: place, calls: ["argmax", "argmin"] },
  {
    name: "rearrange",
    weight: 3,
    make: rearrange,
    calls: ["transpose", "permute", "expand", "squeeze", "flip", "roll", "flatten", "reshape"],
  },
  { name: "stretch", weight: 2, make: stretch, calls: ["broadcast", "tile", "repeat", "pad"] },
  { name: "join", weight: 2, make: join, calls: ["concat", "stack"] },
  { name: "split", weight: 1, make: split, calls: ["split"] },
  { name: "integers", weight: 1, make: integersFrom },
  { name: "size-as-number", weight: 0.6, make: sizeAsNumber },
  { name: "integer-arithmetic", weight: 1, make: integerArithmetic },
  {
    name: "source",
    weight: 1.5,
    make: source,
    calls: ["arange", "eye", "one_hot", "linspace", "full", "zeros", "ones"],
  },
  { name: "matrix-part", weight: 1, make: matrixPart, calls: ["trace", "diag", "tril", "triu"] },
];
