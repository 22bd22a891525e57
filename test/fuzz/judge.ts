/** Runs one program every way and says where two of them differ. */
import type { CheckedFunction } from "../../src/2-check/checked.ts";
import { load } from "../../src/evaluate.ts";
import * as dims from "../../src/ir/dim.ts";
import { constantValue, topological } from "../../src/ir/expressions.ts";
import { evaluate } from "../../src/ir/interpreter.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import type { Value } from "../../src/ir/value.ts";
import { difference, rounded } from "../6-schedule/harness.ts";
import { callFunction, type Loaded } from "./calls.ts";
import {
  emit,
  entriesOf,
  Fault,
  frontend,
  variantText,
  type Emitted,
  type Entry,
  type Frontend,
  type Variant,
} from "./compiled.ts";
import { count, everyday, type Coverage } from "./coverage.ts";
import { settingsOf, type Settings } from "./files.ts";
import { judgeDerivatives } from "./derivatives.ts";
import { judgeModels } from "./model-judge.ts";
import { Rng } from "./rng.ts";
import { drawn, gap, requirementsHold, symbolsOf, type Flavour } from "./values.ts";

export interface Verdict {
  /** Why the compiler refused the program; null where it did not. */
  readonly refusal: string | null;
}

export interface JudgeOptions {
  readonly seed: number;
  /** Every variant and many rules, where usually some are drawn. */
  readonly thorough?: boolean;
  readonly coverage?: Coverage;
  /** Hears of the emitted TypeScript of a program now and then, for its types to be checked. */
  readonly onTypeScript?: (code: string) => void;
}

const sizes: readonly (readonly [n: number, m: number])[] = [[3, 2], [1, 4], [4, 4], [0, 1], [2, 3], [1, 1]]; // prettier-ignore

/** @throws Fault where something is wrong with derive. */
export function judge(text: string, options: JudgeOptions): Verdict {
  try {
    return judged(text, options);
  } catch (error) {
    if (error instanceof Fault) throw error;
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    // The message without its numbers: the same crash in a smaller program.
    const kind = (error instanceof Error ? error.message : told).split("\n")[0].replaceAll(/\d+/gu, "#").slice(0, 60);
    throw new Fault(`crash: ${kind}`, told);
  }
}

function judged(text: string, options: JudgeOptions): Verdict {
  const rng = new Rng(options.seed, "judge");
  const front = frontend(text, options.coverage);
  if (!("file" in front)) {
    const [first] = front;
    if (first.code.startsWith("internal")) throw new Fault("internal", first.message);
    return { refusal: `${first.code}: ${first.message}` };
  }
  const fired = new Set<string>();
  // Drawn apart, so that what else is drawn stays the same.
  const checkpoint = new Rng(options.seed, "checkpoint").chance(0.4);
  const entries = entriesOf(front, ({ rule }) => fired.add(rule), new Set(), checkpoint);
  note(entries, fired, options.coverage);
  const thorough = options.thorough === true;
  // One or two variants a program: over many programs each is as good as all of them.
  const all: readonly Variant[] = rng.shuffled([
    { precision: "f64", unroll: true, language: "js" },
    { precision: "f32", unroll: false, language: "js" },
    { precision: "f64", unroll: false, language: "js" },
    { precision: "f32", unroll: true, language: "js" },
  ]);
  const some = thorough ? all : all.slice(0, rng.chance(0.4) ? 2 : 1);
  const wasm = rng.shuffled((["f32", "f64"] as const).map((precision): Variant => ({ precision, unroll: false, language: "js", target: "wasm" }))); // prettier-ignore
  const variants = [...some, ...(front.file.models.length === 0 ? [] : wasm.slice(0, thorough ? 2 : 1))];
  const modules = variants.map((variant) => build(front, entries, variant));
  const went = new Set(variants.map(variantText));
  if (checkpoint) went.add("checkpoints");
  if (thorough || rng.chance(0.05)) {
    went.add("determinism");
    judgeSame("determinism", { text, set: {}, checkpoint }, modules[0]);
  }
  const settings = settingsOf(text);
  if (Object.keys(settings.set).length > 0 && (thorough || rng.chance(0.3))) {
    went.add("settings");
    judgeSame("settings", { ...settings, checkpoint }, modules[0]);
  }
  if (options.onTypeScript !== undefined && rng.chance(0.03)) {
    options.onTypeScript(emit(front, entries, { ...variants[0], language: "ts" }).code);
  }
  const special = rng.chance(0.15);
  const points = symbolsOf(entries.flatMap((e) => e.inputs.map((i) => i.node))).length > 0 ? 2 : special ? 2 : 1;
  const off = thorough ? rng.shuffled([...fired]).slice(0, 6) : switchedOff(rng, fired);
  const withoutRule = off.map((rule) => ({
    rule,
    entries: entriesOf(front, () => undefined, new Set([rule]), checkpoint),
  }));
  for (const rule of off) went.add(`without ${rule}`);
  const functions = entries.filter((e) => "function" in e.owner);
  // A length of 0 tells nothing of the other sizes: with two symbols none of them is 0.
  const symbolNames = symbolsOf(entries.flatMap((e) => [...e.graph.parameters, ...e.inputs.map((i) => i.node)]));
  for (let k = 0; k < points; k++) {
    const [n, m] = rng.pick(sizes.filter((pair) => symbolNames.length < 2 || pair[0] > 0));
    const symbols = new Map(symbolNames.map((s) => [s, s === "m" ? m : n]));
    const flavour: Flavour = special && k === 1 ? rng.pick(["special", "wild"]) : "plain";
    if (functions.length > 0) went.add(`${flavour} numbers`);
    if (functions.length > 0 && [...symbols.values()].includes(0)) went.add("a length of 0");
    for (const entry of functions) {
      if (!("function" in entry.owner)) continue;
      const at: Point = { seed: options.seed + k, flavour, symbols };
      const index = entries.indexOf(entry);
      judgeFunction(
        entry,
        entry.owner.function,
        modules,
        at,
        withoutRule.map((w) => ({ rule: w.rule, entry: w.entries[index] })),
      );
      if (k === 0 && entry.kind === "value" && (thorough || rng.chance(0.35))) {
        went.add("differences");
        judgeDerivatives(front, entry, at, text.includes("stop_gradient("));
      }
    }
  }
  judgeModels(front, entries, modules, options.seed, withoutRule);
  if (options.coverage !== undefined) count(options.coverage.ways, went);
  return { refusal: null };
}

/** Rules to switch off: one of those that seldom fire, and now and then one of the others. */
function switchedOff(rng: Rng, fired: ReadonlySet<string>): readonly string[] {
  const [often, seldom] = [true, false].map((is) =>
    rng.shuffled([...fired].filter((rule) => everyday.has(rule) === is)),
  );
  return [...(rng.chance(0.8) ? seldom.slice(0, 1) : []), ...(rng.chance(0.25) ? often.slice(0, 1) : [])];
}

function note(entries: readonly Entry[], fired: ReadonlySet<string>, coverage: Coverage | undefined): void {
  if (coverage === undefined) return;
  count(coverage.rules, fired);
  const met = new Set<string>();
  for (const { graph, plain, final } of entries) {
    for (const form of [graph, plain, final]) {
      for (const node of topological(form.outputs.map((o) => o.node))) met.add(node.primitive);
    }
  }
  count(coverage.primitives, met);
}

/** The entry points, compiled with one rule switched off. */
export interface WithoutRule {
  readonly rule: string;
  readonly entries: readonly Entry[];
}

export interface Module {
  readonly variant: Variant;
  readonly emitted: Emitted;
  readonly loaded: Loaded;
}

function build(front: Frontend, entries: readonly Entry[], variant: Variant): Module {
  const emitted = emit(front, entries, variant);
  try {
    return { variant, emitted, loaded: load(emitted.code) };
  } catch (error) {
    throw new Fault("load", `the module does not load: ${String(error)}\n${emitted.code}`);
  }
}

/** Another compilation of the same text gives the same bytes. */
/** Another compilation that has to write the same bytes. */
function judgeSame(
  kind: string,
  { text, set, checkpoint }: Settings & { readonly checkpoint: boolean },
  { variant, emitted }: Module,
): void {
  const again = frontend(text, undefined, set);
  if (!("file" in again)) throw new Fault(kind, `the second compilation is refused: ${again[0].message}`);
  const entries = entriesOf(again, () => undefined, new Set(), checkpoint);
  const { code } = emit(again, entries, variant);
  if (code !== emitted.code) throw new Fault(kind, `${emitted.code}\n=== the second time\n${code}`);
}

export interface Point {
  readonly seed: number;
  readonly flavour: Flavour;
  readonly symbols: ReadonlyMap<string, number>;
}

/**
 * The values of outputs; null where a subscript is out of range. Bounds hold whatever the signs of zeros are: rules do not
 * keep them, nor do sums, which begin with 0 or with their first term.
 */
export function interpreted(
  graph: Graph,
  inputs: ReadonlyMap<string, Value>,
  { symbols }: Pick<Point, "symbols">,
  unitRoundoff: number,
): ReadonlyMap<string, Value> | null {
  try {
    return evaluate(graph, inputs, { dims: symbols, unitRoundoff, freeZeros: true });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

export function valueOf(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new Error(`no value of ${name}`);
  return value;
}

/**
 * Whether a comparison sees NaN or an infinity, as the graph is written. A rule may give a number in the place of either, and
 * what the comparison then chooses is another thing.
 */
export function comparesNonFinite(
  graph: Graph,
  inputs: ReadonlyMap<string, Value>,
  symbols: Point["symbols"],
): boolean {
  const broken = new Set<Node>();
  let found = false;
  const observe = (node: Node, value: Value): void => {
    if (value.data.some((x) => !Number.isFinite(x))) broken.add(node);
    if (value.element !== "real" && node.operands.some((x) => broken.has(x))) found = true;
  };
  try {
    evaluate(graph, inputs, { dims: symbols, observe });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return found;
}

/** Two forms of a graph give the same numbers within both bounds. */
export function compareForms(
  kind: string,
  label: string,
  graph: Graph,
  computed: ReadonlyMap<string, Value> | null,
  wanted: ReadonlyMap<string, Value> | null,
): void {
  if (computed === null || wanted === null) return;
  for (const { name } of graph.outputs) {
    const own = valueOf(computed, name);
    const apart = gap(own.data, own.error, valueOf(wanted, name));
    if (apart !== null) throw new Fault(kind, `${label}: ${name}${apart}`);
  }
}

function described(inputs: ReadonlyMap<string, Value>, symbols: ReadonlyMap<string, number>): string {
  const values = [...inputs].map(
    ([name, v]) => `${name}: [${v.shape.join(", ")}] ${[...v.data].slice(0, 24).join(" ")}`,
  );
  return [[...symbols].map(([s, n]) => `${s} = ${String(n)}`).join(", "), ...values].join("\n");
}

/**
 * Whether a graph computes with a length that is 0, as a mean over an empty axis does: NaN as it is written, and a rule may
 * take what is divided by it out of a sum of nothing.
 */
export function computesWithNoLength(
  graph: Graph,
  inputs: ReadonlyMap<string, Value>,
  symbols: Point["symbols"],
): boolean {
  const nodes = topological(graph.outputs.map((o) => o.node));
  if (!nodes.some((node) => node.shape.some((size) => dims.evaluate(size, symbols) === 0))) return false;
  const lengths = new Set<Node>();
  let found = false;
  const observe = (node: Node, value: Value): void => {
    // A length that is known stands there as a number.
    if (node.primitive === "divide" && constantValue(node.operands[1]) === 0) found = true;
    const isOfLengths = node.operands.some((x) => lengths.has(x));
    const isKnown = node.operands.every((x) => lengths.has(x) || x.primitive === "constant");
    if (node.primitive !== "dimension" && !(isOfLengths && isKnown)) return;
    lengths.add(node);
    if (node.element === "real" && value.data.some((x) => x === 0 || !Number.isFinite(x))) found = true;
  };
  try {
    evaluate(graph, inputs, { dims: symbols, observe });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return found;
}

function judgeFunction(
  entry: Entry,
  f: CheckedFunction,
  modules: readonly Module[],
  at: Point,
  withoutRule: readonly { readonly rule: string; readonly entry: Entry }[],
): void {
  const nodes = [...new Set([...f.inputs.map((i) => i.node), ...entry.graph.parameters])];
  if (nodes.some((p) => p.shape.some((size) => dims.evaluate(size, at.symbols) < 0))) return;
  const isUncertain = (own: ReadonlyMap<string, Value>): boolean =>
    comparesNonFinite(entry.plain, own, at.symbols) || computesWithNoLength(entry.plain, own, at.symbols);
  const isBare = at.flavour === "wild";
  const inputs = new Map(nodes.map((p) => [p.attributes.name, drawn(p, at.seed, at.flavour, at.symbols)]));
  // Directions of inputs that play no part are asked for all the same.
  for (const name of entry.wrt) {
    const input = f.inputs.find((i) => i.name === name);
    if (input !== undefined && !inputs.has(`v.${name}`))
      inputs.set(`v.${name}`, drawn(input.node, at.seed + 1, at.flavour, at.symbols));
  }
  const where = (kind: string, what: string): Fault =>
    new Fault(kind, `${entry.label}: ${what}\n${described(inputs, at.symbols)}`);
  const refused = !requirementsHold(entry.graph, at.symbols);
  if (!refused && !isBare && !isUncertain(inputs)) {
    const wanted = interpreted(entry.plain, inputs, at, 2 ** -53);
    const forms = [
      ["erased", entry.erased],
      ["simplified", entry.final],
      ...withoutRule.map((w) => [`without ${w.rule}`, w.entry.final] as const),
    ] as const;
    for (const [name, graph] of forms) {
      try {
        compareForms(`interpreter, ${name.startsWith("without") ? "without a rule" : name}`, `${entry.label}, ${name}`, graph, interpreted(graph, inputs, at, 2 ** -53), wanted); // prettier-ignore
      } catch (error) {
        if (error instanceof Fault) throw where(error.kind, error.message);
        throw error;
      }
    }
  }
  for (const { variant, emitted, loaded } of modules) {
    const { precision } = variant;
    const how = variantText(variant);
    const program = emitted.programs.get(entry);
    const isDouble = precision === "f64" || program?.buffers.length === 0;
    const own = rounded({ ...entry.graph, parameters: nodes }, inputs, isDouble ? "f64" : "f32");
    const values = refused ? null : interpreted(entry.final, own, at, isDouble ? 2 ** -53 : 2 ** -24);
    let results: ReadonlyMap<string, ArrayLike<number>>;
    try {
      results = callFunction(loaded, entry, f, own, at.symbols, precision);
    } catch (error) {
      if (error instanceof Fault) throw error;
      if (error instanceof RangeError && values === null) continue;
      throw where(`throws, ${how}`, `${how} threw ${String(error)}\n${emitted.code}`);
    }
    if (values === null) throw where(`accepts, ${how}`, `${how} accepted what must be refused\n${emitted.code}`);
    const wanted = interpreted(entry.plain, own, at, 2 ** -53);
    const skipsPlain = isBare || isUncertain(own);
    for (const { name } of entry.graph.outputs) {
      const found = results.get(name) ?? [];
      const value = valueOf(values, name);
      const apart = difference(found, value);
      if (apart !== null) throw where(`emitted, ${how}`, `${how} ${name}${apart}\n${emitted.code}`);
      if (skipsPlain || wanted === null) continue;
      const plainly = gap(found, value.error, valueOf(wanted, name));
      if (plainly !== null)
        throw where(`emitted and unsimplified, ${how}`, `${how} ${name}${plainly}\n${emitted.code}`);
    }
  }
}
