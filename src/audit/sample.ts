/** Inputs to check at: sizes of symbolic dims, and values drawn from a seed. */
import type { GraphRequirement, Node } from "../ir/graph.ts";
import * as dims from "../ir/dim.ts";
import { randomBits, uniform } from "../ir/random.ts";

/** Numbers that depend on the seed and a name alone, so that one more input does not change the others. */
export class Draws {
  readonly #seed: number;
  readonly #site: number;
  #count = 0;
  /** Bits for signs, the next one lowest; a 1 above the last. */
  #bits = 1;

  constructor(seed: number, name: string) {
    this.#seed = seed;
    let site = 17;
    for (const character of name) site = (Math.imul(site, 31) + (character.codePointAt(0) ?? 0)) | 0;
    this.#site = site;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return uniform(this.#seed, 0, this.#site, this.#count++);
  }

  /** 0 .. bound - 1. */
  below(bound: number): number {
    return Math.min(bound - 1, Math.floor(this.uniform() * bound));
  }

  /** -1 or 1. */
  sign(): number {
    if (this.#bits === 1) this.#bits = randomBits(this.#seed, 0, this.#site, this.#count++) | (1 << 24);
    const bit = this.#bits & 1;
    this.#bits >>>= 1;
    return bit === 0 ? -1 : 1;
  }

  /** The standard normal distribution (Box and Muller, 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** How reals are drawn; the next one serves where the program is not finite at the one before. */
export const distributions = {
  normal: (d: Draws) => d.normal(),
  probability: (d: Draws) => 0.05 + 0.9 * d.uniform(),
  positive: (d: Draws) => 1 + d.uniform(),
  small: (d: Draws) => 0.02 + 0.1 * d.uniform(),
  large: (d: Draws) => 10 + 10 * d.uniform(),
} as const;
export type Distribution = keyof typeof distributions;
export const distributionNames: readonly Distribution[] = ["normal", "probability", "positive", "small", "large"];

/** A tensor as the checks hold it; reals are numbers that f32 holds too. */
export interface Tensor {
  readonly shape: readonly number[];
  /** Row-major; bools as 0 and 1. */
  readonly data: Float64Array;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Values for a parameter node. */
export function draw(
  name: string,
  node: Node<"parameter">,
  sizes: ReadonlyMap<string, number>,
  seed: number,
  how: Distribution,
): Tensor {
  const shape = node.shape.map((dim) => dims.evaluate(dim, sizes));
  const draws = new Draws(seed, name);
  const { bound } = node.attributes;
  const end = bound === null ? 4 : dims.evaluate(bound, sizes);
  const one = (): number => {
    if (node.element === "bool") return draws.below(2);
    if (node.element === "index") return draws.below(end);
    return Math.fround(distributions[how](draws));
  };
  return { shape, data: Float64Array.from({ length: sizeOf(shape) }, one) };
}

/** Small sizes are tried in this order: unequal ones first, so that a confusion of axes shows. */
const trySizes = [3, 2, 4, 5, 1, 6, 8, 9, 16];
const maxTries = 20_000;

/**
 * Sizes of all symbols that meet the requirements; null where none of those tried do. `given` are kept.
 * `shapes` must not come out negative.
 */
export function chooseSizes(
  symbols: readonly string[],
  given: ReadonlyMap<string, number>,
  requirements: readonly GraphRequirement[],
  shapes: readonly dims.Shape[],
): ReadonlyMap<string, number> | null {
  const open = symbols.filter((symbol) => !given.has(symbol));
  const counters = open.map((_, k) => k % trySizes.length);
  for (let tries = 0; tries < maxTries; tries++) {
    const sizes = new Map([...given, ...open.map((symbol, k) => [symbol, trySizes[counters[k]]] as const)]);
    if (meets(sizes, requirements) && shapes.every((shape) => shape.every((dim) => isSize(dim, sizes)))) return sizes;
    // An odometer: the first symbol turns fastest, and all start where they started unequal.
    let k = 0;
    for (; k < open.length; k++) {
      counters[k] = (counters[k] + 1) % trySizes.length;
      if (counters[k] !== k % trySizes.length) break;
    }
    if (k === open.length) return null;
  }
  return null;
}

function isSize(dim: dims.Dim, sizes: ReadonlyMap<string, number>): boolean {
  const size = valueOf(dim, sizes);
  return size !== null && size >= 0;
}

/** Null where a symbol is unknown or a division is not exact. */
function valueOf(dim: dims.Dim, sizes: ReadonlyMap<string, number>): number | null {
  for (const symbol of dims.symbolsOf(dim)) if (!sizes.has(symbol)) return null;
  const value = dims.evaluate(dim, sizes);
  return Number.isInteger(value) ? value : null;
}

function meets(sizes: ReadonlyMap<string, number>, requirements: readonly GraphRequirement[]): boolean {
  return requirements.every(({ requirement: { left, relation, right } }) => {
    const values = [valueOf(left, sizes), valueOf(right, sizes)];
    const [l, r] = values;
    if (l === null || r === null) return true;
    return dims.decide({ left: dims.constant(l), relation, right: dims.constant(r) }) !== false;
  });
}

/** The symbols of shapes and bounds, in order of appearance. */
export function symbolsOf(nodes: readonly Node<"parameter">[]): readonly string[] {
  const all = nodes.flatMap(({ shape, attributes: { bound } }) => (bound === null ? shape : [...shape, bound]));
  return [...new Set(all.flatMap((dim) => [...dims.symbolsOf(dim)]))];
}

/** Up to so many numbers to differentiate by, `samples` entries of each tensor are checked one by one. */
const many = 100_000;
/** Fewer are not. */
const least = 3;

/**
 * How many entries of a tensor are checked one by one. Each asks for several evaluations of a program whose cost grows with the numbers
 * that it is differentiated by (`total`), so there are fewer of more; all together are checked along a direction.
 */
export function entriesToCheck(samples: number, total: number): number {
  return Math.min(samples, Math.max(least, Math.floor((samples * many) / Math.max(1, total))));
}

/** Of a longer tensor the magnitudes of so many derivatives are looked at. */
const looked = 4096;

/**
 * The entries of a tensor that are checked one by one: all of a small one, else half of `most` spread over the magnitudes of the
 * derivative, the largest first, and the rest anywhere.
 */
export function chooseEntries(derivative: ArrayLike<number>, most: number, draws: Draws): readonly number[] {
  const count = derivative.length;
  if (count <= most) return Array.from({ length: count }, (_, k) => k);
  const chosen = new Set<number>();
  const half = Math.ceil(most / 2);
  const reached: number[] = [];
  for (let k = 0; k < count; k++) if (derivative[k] !== 0) reached.push(k);
  const stride = Math.max(1, Math.floor(reached.length / looked));
  const order = reached
    .filter((_, k) => k % stride === 0)
    .sort((p, q) => Math.abs(derivative[q]) - Math.abs(derivative[p]) || p - q);
  for (let k = 0; k < half && k < order.length; k++) chosen.add(order[Math.floor((k * order.length) / half)]);
  while (chosen.size < most) chosen.add(draws.below(count));
  return [...chosen].sort((p, q) => p - q);
}

/** A direction of length 1 that weighs all entries alike: random signs. */
export function chooseDirection(count: number, draws: Draws): Float64Array {
  const unit = 1 / Math.sqrt(count);
  const direction = new Float64Array(count);
  for (let k = 0; k < count; k++) direction[k] = unit * draws.sign();
  return direction;
}

/** `[3, 7]`: the place of an entry in a tensor. */
export function placeOf(index: number, shape: readonly number[]): readonly number[] {
  const place: number[] = [];
  let rest = index;
  for (let k = shape.length - 1; k >= 0; k--) {
    place.unshift(rest % shape[k]);
    rest = Math.floor(rest / shape[k]);
  }
  return place;
}
