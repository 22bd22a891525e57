/**
 * How the symbols of argument shapes follow from the flat lengths of the arguments. The plan is data: the emitter turns it into code,
 * `solve` executes it.
 */
import {
  add,
  constant,
  constantOf,
  divideExact,
  evaluate,
  isNonNegative,
  print,
  printShape,
  product,
  substitute,
  subtract,
  symbol,
  symbolsOf,
  type Dim,
  type Shape,
} from "./dim.ts";
import { commonFactors, gcd, ofAtom, ofTerm, zero } from "./dim-polynomial.ts";

/** An argument whose flat length, the product of its shape, is known at run time. */
export interface SolveArgument {
  readonly name: string;
  readonly shape: Shape;
}

/**
 * One way to a symbol s: the length of the argument is `coefficient * (slope*s + offset)^power`, where everything but s is known by then. So
 * s = (root(length / coefficient, power) - offset) / slope, and each operation must be exact. A source says nothing of s where
 * `coefficient` or `slope` is 0.
 */
export interface SolveSource {
  /** Index of the argument. */
  readonly argument: number;
  readonly coefficient: Dim;
  readonly power: number;
  readonly slope: Dim;
  readonly offset: Dim;
}

/** The first source whose `coefficient` and `slope` are not 0 gives the symbol; if there is none, the symbol is 0. */
export interface SolveStep {
  readonly symbol: string;
  readonly sources: readonly SolveSource[];
}

/** What remains to be checked of an argument when every symbol is known. */
export interface SolveCheck {
  /** Index of the argument. */
  readonly argument: number;
  /** What its length must be, or null where the steps have made sure of it. */
  readonly length: Dim | null;
  /** Dims of its shape that may come out negative and must not. */
  readonly nonNegative: readonly Dim[];
}

export interface SolvePlan {
  readonly arguments: readonly SolveArgument[];
  /** In order; each uses the symbols of the steps before. A symbol below 0 is refused. */
  readonly steps: readonly SolveStep[];
  /** Symbols that no lengths determine and the caller has to give, in order of appearance. */
  readonly unsolved: readonly string[];
  readonly checks: readonly SolveCheck[];
}

/**
 * Plans how to find all symbols of the shapes. `given` are symbols that are known without. Sources without a division come first, since
 * zero is a legal size: with W: [n, m] and m = 0 the length of W says nothing of n.
 */
export function planSolution(args: readonly SolveArgument[], given: Iterable<string> = []): SolvePlan {
  const known = new Set(given);
  const open = new Set(args.flatMap(({ shape }) => shape.flatMap((dim) => [...symbolsOf(dim)])));
  for (const name of known) open.delete(name);
  const factors = args.map(({ shape }) => shape.flatMap(factorsOf));
  const steps: SolveStep[] = [];
  const settled = new Set<number>();
  for (;;) {
    const step = nextStep(factors, open, known);
    if (step === null) break;
    steps.push(step);
    open.delete(step.symbol);
    known.add(step.symbol);
    for (const source of step.sources) if (isDefinite(source)) settled.add(source.argument);
  }
  const checks = args.flatMap(({ shape }, argument): SolveCheck[] => {
    const nonNegative = shape.filter((dim) => isNonNegative(dim) !== true);
    const length = settled.has(argument) ? null : product(shape);
    return length === null && nonNegative.length === 0 ? [] : [{ argument, length, nonNegative }];
  });
  return { arguments: args, steps, unsolved: [...open], checks };
}

/** The step that can be trusted most: no division before a division by a number before a division by what may be 0. */
function nextStep(
  factors: readonly (readonly Dim[])[],
  open: ReadonlySet<string>,
  known: ReadonlySet<string>,
): SolveStep | null {
  let best: { rank: number; step: SolveStep } | null = null;
  for (const name of open) {
    const sources = factors.flatMap((list, argument) => sourceOf(list, argument, name, known) ?? []);
    if (sources.length === 0) continue;
    const definite = sources.filter(isDefinite);
    const simplest = definite.find(isDirect) ?? definite.at(0);
    const rank = simplest === undefined ? 2 : isDirect(simplest) ? 0 : 1;
    if (best === null || rank < best.rank) {
      best = { rank, step: { symbol: name, sources: simplest === undefined ? sources : [simplest] } };
    }
  }
  return best?.step ?? null;
}

function isDefinite({ coefficient, slope }: SolveSource): boolean {
  return constantOf(coefficient) !== null && constantOf(slope) !== null;
}

function isDirect({ coefficient, slope, power }: SolveSource): boolean {
  return constantOf(coefficient) === 1 && constantOf(slope) === 1 && power === 1;
}

/** How the argument gives `name`: all factors that mention it are one and the same linear expression of it, and the rest is known. */
function sourceOf(
  factors: readonly Dim[],
  argument: number,
  name: string,
  known: ReadonlySet<string>,
): SolveSource | null {
  const mentions = factors.filter((factor) => symbolsOf(factor).has(name));
  const first = mentions.at(0);
  if (first === undefined || mentions.some((factor) => factor.key !== first.key)) return null;
  const linear = linearIn(first, name);
  if (linear === null) return null;
  const coefficient = product(factors.filter((factor) => !mentions.includes(factor)));
  const parts = [coefficient, linear.slope, linear.offset];
  if (constantOf(coefficient) === 0 || !parts.every((part) => [...symbolsOf(part)].every((s) => known.has(s))))
    return null;
  return { argument, coefficient, power: mentions.length, ...linear };
}

/** a = slope * s + offset with neither mentioning s, or null. */
function linearIn(a: Dim, name: string): { slope: Dim; offset: Dim } | null {
  const offset = without(a, name);
  const slope = divideExact(subtract(a, offset), symbol(name));
  return slope === null || symbolsOf(slope).has(name) || symbolsOf(offset).has(name) ? null : { slope, offset };
}

/** The terms that do not hold the symbol as a factor. */
function without(a: Dim, name: string): Dim {
  let result = zero;
  for (const term of a.terms) {
    if (!term.factors.some(({ atom }) => atom.kind === "symbol" && atom.name === name))
      result = add(result, ofTerm(term));
  }
  return result;
}

/** A dim as a product: an integer, atoms and what is left, so that [2*n, n] shows n twice. */
function factorsOf(a: Dim): readonly Dim[] {
  const first = a.terms.at(0);
  if (first === undefined) return [a];
  let monomial = first.factors;
  let content = 0;
  for (const term of a.terms) {
    content = gcd(content, term.coefficient);
    monomial = commonFactors(monomial, term.factors);
  }
  const rest = divideExact(a, ofTerm({ coefficient: content, factors: monomial }));
  if (rest === null) return [a];
  const atoms = monomial.flatMap(({ atom, power }) => Array.from({ length: power }, () => ofAtom(atom)));
  return [constant(content), ...atoms, rest].filter((factor) => constantOf(factor) !== 1);
}

/**
 * The value of every symbol. `lengths` are in the order of the arguments; `given` holds `plan.unsolved` and what the plan was given.
 * Throws RangeError, naming the argument, its shape and the length found, where the lengths fit no sizes.
 */
export function solve(
  plan: SolvePlan,
  lengths: readonly number[],
  given: ReadonlyMap<string, number> = new Map(),
): ReadonlyMap<string, number> {
  const values = new Map(given);
  for (const name of plan.unsolved) {
    if (!values.has(name)) throw new RangeError(`the lengths do not determine the dimension ${name}: it must be given`);
  }
  for (const step of plan.steps) values.set(step.symbol, solveStep(plan, step, lengths, values));
  for (const { argument, length, nonNegative } of plan.checks) {
    const fits = length === null || evaluate(length, values) === lengths[argument];
    if (!fits || nonNegative.some((dim) => evaluate(dim, values) < 0)) throw misfit(plan, argument, lengths, values);
  }
  return values;
}

function solveStep(
  plan: SolvePlan,
  step: SolveStep,
  lengths: readonly number[],
  values: ReadonlyMap<string, number>,
): number {
  for (const { argument, coefficient, power, slope, offset } of step.sources) {
    const scale = evaluate(coefficient, values);
    const factor = evaluate(slope, values);
    if (scale === 0 || factor === 0) continue;
    const value = (integerRoot(lengths[argument] / scale, power) - evaluate(offset, values)) / factor;
    if (!Number.isInteger(value) || value < 0) throw misfit(plan, argument, lengths, values);
    return value + 0;
  }
  return 0;
}

/** The integer r >= 0 with r^power = value, or NaN. */
export function integerRoot(value: number, power: number): number {
  if (!Number.isInteger(value) || value < 0) return NaN;
  const root = Math.round(value ** (1 / power));
  return root ** power === value ? root : NaN;
}

/** "W: [n, m] cannot have 7 elements (n = 3)" */
function misfit(
  plan: SolvePlan,
  argument: number,
  lengths: readonly number[],
  values: ReadonlyMap<string, number>,
): RangeError {
  const { name, shape } = plan.arguments[argument];
  const symbols = [...new Set(shape.flatMap((dim) => [...symbolsOf(dim)]))].filter((s) => values.has(s));
  const known = symbols.map((s) => `${s} = ${values.get(s) ?? 0}`).join(", ");
  const constants = new Map(symbols.map((s) => [s, constant(values.get(s) ?? 0)]));
  const length = constantOf(substitute(product(shape), constants));
  const wanted = length === null ? "" : `, wanted ${print(constant(length))}`;
  const where = known === "" ? "" : ` (${known})`;
  return new RangeError(`${name}: ${printShape(shape)} cannot have ${lengths[argument]} elements${wanted}${where}`);
}
