/** einsum, convolutions and pools. */
import * as dims from "../../src/ir/dim.ts";
import type { Dim, Shape } from "../../src/ir/dim.ts";
import type { Construct } from "./construct.ts";
import { d, tamed, type Scope } from "./scope.ts";
import { call, op, real, type Term } from "./terms.ts";

const alphabet = "jibKca";

/** Letters of a product: each has one size. */
class Letters {
  readonly #s: Scope;
  readonly #sizes = new Map<string, Dim>();

  constructor(s: Scope) {
    this.#s = s;
  }

  sizeOf(letter: string): Dim {
    return this.#sizes.get(letter) ?? d(1);
  }

  get all(): readonly string[] {
    return [...this.#sizes.keys()];
  }

  /** A letter for each axis, now and then one that is known already. */
  name(shape: Shape): string {
    let text = "";
    for (const size of shape) {
      const known = this.all.filter((letter) => dims.equal(this.sizeOf(letter), size));
      if (known.length > 0 && this.#s.rng.chance(0.4)) text += this.#s.rng.pick(known);
      else text += this.#fresh(size);
    }
    return text;
  }

  #fresh(size: Dim): string {
    const letter = alphabet.charAt(this.#sizes.size);
    this.#sizes.set(letter, size);
    return letter;
  }

  shape(letters: string): Shape {
    return Array.from(letters, (letter) => this.sizeOf(letter));
  }
}

function einsum(s: Scope): Term | null {
  const x = s.number((t) => t.shape.length > 0 && t.shape.length < 4);
  if (x === null) return null;
  const letters = new Letters(s);
  const terms = [letters.name(x.type.shape)];
  const operands = [x];
  while (operands.length < 3 && s.rng.chance(0.6)) {
    // Some of the letters, in another order, and perhaps one more.
    const known = letters.all.filter(() => s.rng.chance(0.6)).slice(0, 2);
    const more = letters.all.length < 5 && s.rng.chance(0.3) ? letters.name([s.size()]) : "";
    const text = [...new Set([...known.reverse(), ...Array.from(more)])].join("");
    const shape = letters.shape(text);
    if (!s.isSmall(shape)) return null;
    terms.push(text);
    operands.push(s.want(real(shape)));
  }
  // A product of many numbers is large soon.
  const small = operands.map((operand) => (operands.length > 2 ? tamed(operand) : operand));
  const once = letters.all.filter((letter) => terms.join("").split(letter).length === 2);
  const chosen = letters.all.filter(() => s.rng.chance(0.5)).reverse();
  const [first] = terms[0];
  const isHidden = once.includes(first) && s.rng.chance(0.3);
  const implied = isHidden ? [first, ...once.filter((l) => l !== first).sort()] : [...once].sort();
  const explicit = isHidden ? [first, ...chosen.filter((l) => l !== first)] : chosen;
  const isImplied = s.rng.chance(0.3);
  const result = (isImplied ? implied : explicit).join("");
  const shape = letters.shape(result);
  if (!s.isSmall(shape) || !s.isSmall(letters.shape(letters.all.join("")).slice(0, 4))) return null;
  const shown = (text: string): string => (isHidden ? text.replace(first, "...") : text);
  const written = `"${terms.map(shown).join(s.rng.pick([",", ", "]))}${isImplied ? "" : `->${shown(result)}`}"`;
  return op("einsum", real(shape), small, (o) => `einsum(${[written, ...o].join(", ")})`);
}

interface Steps {
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly count: Dim;
}

/** How windows may be laid along an axis; null where none surely fits. */
function steps(s: Scope, length: Dim, pool: boolean): Steps | null {
  const { rng } = s;
  const known = dims.constantOf(length);
  // At a length of 0 there is padding for one window.
  const size = known === null ? 2 : 1 + rng.below(3);
  const padding = known === null ? 1 : rng.below(pool ? Math.floor(size / 2) + 1 : 3);
  const dilation = known === null || pool ? 1 : 1 + rng.below(2);
  const stride = 1 + rng.below(known === null ? 2 : 3);
  const span = dilation * (size - 1) + 1;
  if (known !== null && known + 2 * padding < span) return null;
  const places = dims.add(length, d(2 * padding - span));
  return { size, padding, dilation, stride, count: dims.add(dims.floorDivide(places, d(stride)), d(1)) };
}

/** `stride = 2`, for one axis or several. */
function option(s: Scope, name: string, values: readonly number[], preset: number | null): readonly string[] {
  if (preset !== null && values.every((value) => value === preset) && s.rng.chance(0.8)) return [];
  const isOne = values.every((value) => value === values[0]) && s.rng.chance(0.7);
  return [`${name} = ${isOne ? String(values[0]) : `[${values.join(", ")}]`}`];
}

function convolution(s: Scope): Term | null {
  const count = s.rng.chance(0.5) ? 1 : 2;
  const x = s.number((t) => t.shape.length === count + 1 || t.shape.length === count + 2);
  if (x === null) return null;
  const { shape } = x.type;
  const before = shape.slice(0, shape.length - count);
  const laid = shape.slice(-count).map((length) => steps(s, length, false));
  const own = laid.filter((one) => one !== null);
  if (own.length < count) return null;
  const out = s.size();
  const kernel = [out, before[before.length - 1], ...own.map(({ size }) => d(size))];
  const result = [...before.slice(0, -1), out, ...own.map((one) => one.count)];
  if (!s.isSmall(kernel) || !s.isSmall(result)) return null;
  const w = s.want(real(kernel));
  const options = [
    ...option(s, "stride", own.map((one) => one.stride), 1),
    ...option(s, "padding", own.map((one) => one.padding), 0),
    ...option(s, "dilation", own.map((one) => one.dilation), 1),
  ]; // prettier-ignore
  return call(count === 1 ? "conv1d" : "conv2d", real(result), [x, w], ...options);
}

function pool(s: Scope): Term | null {
  const x = s.number((t) => t.shape.length > 1);
  if (x === null) return null;
  const { shape } = x.type;
  const laid = shape.slice(-2).map((length) => steps(s, length, true));
  const own = laid.filter((one) => one !== null);
  if (own.length < 2) return null;
  const strides = own.map((one) => one.stride);
  const sizes = own.map((one) => one.size);
  const isPreset = strides.every((stride, k) => stride === sizes[k]);
  const options = [
    ...option(s, "size", sizes, null),
    ...(isPreset ? [] : option(s, "stride", strides, null)),
    ...option(s, "padding", own.map((one) => one.padding), 0),
  ]; // prettier-ignore
  const result = [...shape.slice(0, -2), ...own.map((one) => one.count)];
  if (!s.isSmall(result)) return null;
  return call(s.rng.name(["max_pool2d", "avg_pool2d"]), real(result), [x], ...options);
}

export const windows: readonly Construct[] = [
  { name: "einsum", weight: 2, make: einsum, calls: ["einsum"] },
  { name: "convolution", weight: 2, make: convolution, calls: ["conv1d", "conv2d"] },
  { name: "pool", weight: 1, make: pool, calls: ["max_pool2d", "avg_pool2d"] },
];
