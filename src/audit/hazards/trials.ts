/** The inputs at which hazards are looked for. */
import type { CheckedFunction, CheckedInput } from "../../2-check/checked.ts";
import { lowerFunction } from "../../3-lower/function.ts";
import type { LoweredFunction } from "../../3-lower/lowered.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { topological } from "../../ir/expressions.ts";
import type { Graph } from "../../ir/graph.ts";
import { inputsOf as functionInputs, samplePoint as functionPoint } from "../functions.ts";
import type { CheckContext } from "../item.ts";
import { graphOf, inputsOf as modelInputs, kindsOf, together, type Twin } from "../models.ts";
import type { Point } from "../port.ts";
import { findHazards, type Trial } from "./search.ts";

/** What becomes of a standard normal number. */
interface Spread {
  readonly far?: true;
  readonly of: (x: number) => number;
}

const constants = [0, 1, -1, 0.5, 2, -2, 10, -10, 30, -30, 5, -5];
const spreads: readonly Spread[] = [
  ...constants.map((c): Spread => ({ of: () => c })),
  { of: (x) => x },
  { of: (x) => 10 * x },
  { of: (x) => -x },
  { of: (x) => -10 * x },
  { of: () => 1e-4 },
  { of: () => 1e-9 },
  { of: (x) => 1e-3 * x },
  { far: true, of: () => 1000 },
  { far: true, of: () => -1000 },
  { far: true, of: () => 1e10 },
  // Close to each other beside their size.
  { far: true, of: (x) => 1000 + x },
];

/** Numbers that can be shown as they are, and that f32 holds. */
function plain(x: number): number {
  return Math.fround(Math.abs(x) < 100 ? Number(x.toPrecision(2)) : Math.round(10 * x) / 10);
}

/** The points with their real inputs spread out; values that the user gave stay. One point where nothing else is to be spread. */
function* spreadOut(
  context: CheckContext,
  inputs: readonly CheckedInput[],
  point: Point,
): Generator<{ readonly point: Point; readonly far: boolean }> {
  const free = new Set(
    inputs.filter(({ name, node }) => node.element === "real" && !context.given.values.has(name)).map((x) => x.name),
  );
  if (free.size === 0) {
    yield { point, far: false };
    return;
  }
  for (const { of, far = false } of spreads) {
    const values = [...point.values].map(
      ([name, value]) =>
        [name, free.has(name) ? { ...value, data: value.data.map((x) => plain(of(x))) } : value] as const,
    );
    yield { point: { ...point, values: new Map(values) }, far };
  }
}

/** `x = 0, w = [0.5, -1.2, ...]` */
function text(inputs: readonly CheckedInput[], { values }: Point, reached: ReadonlySet<string>): string {
  const parts = inputs.flatMap(({ name, node }) => {
    const value = values.get(name);
    if (value === undefined || !reached.has(node.attributes.name)) return [];
    const entries = Array.from(value.data, (x) => String(Number(x.toPrecision(6))));
    if (value.shape.length === 0) return [`\`${name} = ${entries[0]}\``];
    if (entries.length > 1 && entries.every((entry) => entry === entries[0])) return [`\`${name}\` all ${entries[0]}`];
    return [`\`${name}\` = [${entries.slice(0, most).join(", ")}${entries.length > most ? ", ..." : ""}]`];
  });
  return parts.length === 0 ? "any input" : parts.join(", ");
}

/** Where trained parameters are. */
const places = {
  start: ", with the parameters as they start",
  moved: ", with the parameters near their start",
} as const;

/** Entries of a tensor that a message shows. */
const most = 4;

export function functionHazards(context: CheckContext, { checked }: LoweredFunction): readonly Diagnostic[] {
  const { session } = context;
  const lowered = (kind: "value" | "gradient" | "jvp", wrt: readonly string[]): Graph => {
    const [entry] = lowerFunction({ ...checked, wanted: [{ kind, wrt }] }, session.builder).entries;
    return session.settled(entry.graph);
  };
  const real = checked.inputs.filter(({ node }) => node.element === "real").map(({ name }) => name);
  const scalar = checked.results.length === 1 && checked.results[0].node.shape.length === 0;
  const differentiable = real.length > 0 && checked.results.every(({ node }) => node.element === "real");
  const value = lowered("value", []);
  return findHazards({
    item: checked.name,
    span: checked.span,
    value,
    gradient: () => (differentiable ? lowered(scalar ? "gradient" : "jvp", real) : null),
    origins: session.origins,
    trained: new Set(),
    unitRoundoff: ofNumbers(value) ? 2 ** -53 : 2 ** -24,
    trials: functionTrials(context, checked),
  });
}

/** Functions of numbers alone compute in double. */
function ofNumbers({ outputs }: Graph): boolean {
  return topological(outputs.map(({ node }) => node)).every(({ shape }) => shape.length === 0);
}

function* functionTrials(context: CheckContext, f: CheckedFunction): Generator<Trial> {
  const base = functionPoint(context, f, "normal");
  if (base === null) return;
  for (const { point, far } of spreadOut(context, f.inputs, base)) {
    yield {
      inputs: functionInputs(f, point),
      sizes: point.sizes,
      far,
      text: (reached) => text(f.inputs, point, reached),
    };
  }
}

export function modelHazards(context: CheckContext, twin: Twin): readonly Diagnostic[] {
  const { session } = context;
  const { lowered } = twin;
  const kinds = kindsOf(lowered);
  return findHazards({
    item: lowered.checked.name,
    span: lowered.checked.span,
    value: together(
      context,
      lowered,
      kinds.filter((kind) => kind !== "gradient"),
    ),
    gradient: () => (kinds.includes("gradient") ? session.settled(graphOf(lowered, "gradient")) : null),
    origins: session.origins,
    trained: new Set(lowered.checked.parameters.filter(({ frozen }) => !frozen).map(({ node }) => node)),
    unitRoundoff: 2 ** -24,
    trials: modelTrials(context, twin),
  });
}

/** Targets stay as they are drawn; parameters are where they start, and a little away from there. */
function* modelTrials(context: CheckContext, twin: Twin): Generator<Trial> {
  const { inputs, targets, parameters } = twin.lowered.checked;
  const trained = parameters.filter(({ frozen }) => !frozen);
  for (const moved of [true, false]) {
    const base = twin.sample("normal", moved);
    for (const { point, far } of spreadOut(context, inputs, base)) {
      yield {
        inputs: modelInputs(context, twin.lowered, point),
        sizes: point.sizes,
        far,
        text: (reached) => {
          const given = text([...inputs, ...targets], point, reached);
          if (!trained.some(({ node }) => reached.has(node.attributes.name))) return given;
          return given + (moved ? places.moved : places.start);
        },
      };
    }
  }
}
