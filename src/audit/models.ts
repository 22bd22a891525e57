/** Checks of a model: the loss's gradient by every parameter, and the values of forward and evaluate. */
import type { CheckedModel } from "../2-check/checked.ts";
import type { LoweredModel } from "../3-lower/lowered.ts";
import type { Graph } from "../ir/graph.ts";
import { evaluate, scalar } from "../ir/interpreter.ts";
import type { Value } from "../ir/value.ts";
import { bounded, compare, compareSingle, outputOf, type DerivativeRow, type Probe } from "./checks.ts";
import type { CheckContext, ItemReport, ValueRow } from "./item.ts";
import { allFinite, copied, ModelPort, valueAt, type Outputs, type Point } from "./port.ts";
import { interpreted, sizesFor, valueFor, type Wanted } from "./points.ts";
import { chooseEntries, distributionNames, Draws, placeOf, type Distribution, type Tensor } from "./sample.ts";
import { scaleOf } from "./functions.ts";

type Kind = "forward" | "evaluate" | "gradient";

export function checkModel(context: CheckContext, lowered: LoweredModel): ItemReport {
  const { checked } = lowered;
  const report = { name: checked.name, kind: "model", span: checked.span } as const;
  const found = findPoint(context, lowered);
  if (found === null) return { ...report, point: null, derivatives: [], values: [] };
  const { point, port } = found;
  const single = new ModelPort(context.single, lowered, "f32", point, context.seed);
  single.set(point);
  const derivatives: DerivativeRow[] = [];
  const values: ValueRow[] = [];
  for (const kind of kindsOf(lowered)) {
    const double = copied(port.call(kind, port.batch(kind, point)));
    const own = single.call(kind, single.batch(kind, point));
    const graph = context.session.settled(graphOf(lowered, kind));
    const reference = bounded(graph, inputsOf(context, lowered, point), point.sizes);
    for (const [output, value] of reference) {
      const finding = compareSingle(outputOf(own, output), outputOf(double, output), value);
      if (!output.startsWith("gradient.")) values.push({ entry: kind, output, shape: value.shape, single: finding });
    }
    if (kind !== "gradient") continue;
    for (const { path } of checked.parameters.filter(({ frozen }) => !frozen)) {
      const name = `gradient.${path}`;
      const value = reference.get(name);
      if (value === undefined) throw new Error(`internal: no value of ${name}`);
      const gradient = outputOf(double, name);
      const probes = probesOf(context, lowered, port, point, path, gradient);
      const row = compare({ entry: kind, of: "loss", by: path, shape: value.shape }, probes, context.tolerance);
      derivatives.push({ ...row, single: compareSingle(outputOf(own, name), gradient, value) });
    }
  }
  return { ...report, point, derivatives, values };
}

function kindsOf({ entries }: LoweredModel): readonly Kind[] {
  const all: readonly Kind[] = ["forward", "evaluate", "gradient"];
  return all.filter((kind) => entries.some((entry) => entry.kind === kind));
}

export function graphOf({ entries, checked }: LoweredModel, kind: LoweredModel["entries"][number]["kind"]): Graph {
  const entry = entries.find((e) => e.kind === kind);
  if (entry === undefined) throw new Error(`internal: ${checked.name} has no ${kind}`);
  return entry.graph;
}

/** The chosen entries one by one, and a direction through all of them at once, which no entry can hide from. */
function* probesOf(
  context: CheckContext,
  lowered: LoweredModel,
  port: ModelPort,
  point: Point,
  path: string,
  gradient: ArrayLike<number>,
): Generator<Probe> {
  // Without dropout and the like the loss of `evaluate` is the same expression, and cheaper.
  const [inTraining, inEvaluation] = (["gradient", "evaluate"] as const).map(
    (kind) => context.session.settled(graphOf(lowered, kind)).outputs.find(({ name }) => name === "loss")?.node,
  );
  const kind = inTraining === inEvaluation ? "evaluate" : "gradient";
  const batch = port.batch(kind, point);
  const loss = (): ArrayLike<number> => [outputOf(port.call(kind, batch), "loss")[0]];
  const live = port.parameter(path);
  const { data, shape } = valueAt(point, path);
  const draws = new Draws(context.seed, `entries of ${path}`);
  for (const j of chooseEntries(gradient, context.samples, draws)) {
    yield {
      scale: scaleOf(data[j]),
      line: (t) => {
        live[j] = data[j] + t;
        const result = loss();
        live[j] = data[j];
        return result;
      },
      derivative: [gradient[j]],
      place: () => placeOf(j, shape),
    };
  }
  if (data.length <= context.samples) return;
  const norm = 1 / Math.sqrt(data.length);
  const direction = Float64Array.from(data, () => draws.normal() * norm);
  let along = 0;
  for (let j = 0; j < data.length; j++) along += gradient[j] * direction[j];
  yield {
    scale: 1,
    line: (t) => {
      for (let j = 0; j < data.length; j++) live[j] = data[j] + t * direction[j];
      const result = loss();
      live.set(data);
      return result;
    },
    derivative: [along],
    place: () => null,
  };
}

function wantedOf(m: CheckedModel): readonly Wanted[] {
  return [...m.inputs, ...m.targets];
}

/** Values for the interpreter: those of the point, stored state as it starts, and the seed and step of the next training step. */
export function inputsOf(context: CheckContext, lowered: LoweredModel, point: Point): ReadonlyMap<string, Value> {
  const m = lowered.checked;
  const inputs = new Map<string, Value>();
  for (const { name, node } of wantedOf(m)) inputs.set(node.attributes.name, interpreted(node, valueAt(point, name)));
  for (const { path, node } of m.parameters) inputs.set(node.attributes.name, interpreted(node, valueAt(point, path)));
  for (const { name, node, initial } of m.hypers) {
    inputs.set(node.attributes.name, scalar(point.values.get(name)?.data[0] ?? initial));
  }
  const seed = scalar(context.seed, "index");
  inputs.set(m.seed.attributes.name, seed);
  inputs.set(m.step.attributes.name, scalar(1, "index"));
  if (m.states.length > 0) {
    const start = new Map<string, Value>([
      [m.seed.attributes.name, seed],
      [m.step.attributes.name, scalar(0, "index")],
    ]);
    const initial = evaluate(context.session.settled(graphOf(lowered, "initial")), start, {
      dims: point.sizes,
      unitRoundoff: 2 ** -24,
    });
    for (const { node } of m.states) {
      const value = initial.get(node.attributes.name);
      if (value !== undefined) inputs.set(node.attributes.name, value);
    }
  }
  return inputs;
}

/** How far parameters are moved from where they start, where much may be zero or equal. */
const move = 0.1;

/** A point by one distribution of the inputs; `moved`: parameters away from where they start. Null where no sizes fit. */
export function samplePoint(
  context: CheckContext,
  lowered: LoweredModel,
  how: Distribution,
  moved: boolean,
): { readonly point: Point; readonly port: ModelPort } | null {
  const m = lowered.checked;
  const { given, seed } = context;
  const sizes = sizesFor(wantedOf(m), m.requirements, given);
  if (sizes === null) return null;
  const port = new ModelPort(context.double, lowered, "f64", { sizes }, seed);
  const values = new Map<string, Tensor>();
  for (const wanted of wantedOf(m)) values.set(wanted.name, valueFor(wanted, sizes, given, seed, how));
  for (const { path, node, initial, shape, frozen } of m.parameters) {
    if (given.values.has(path) || initial === null) {
      const value = valueFor({ name: path, node }, sizes, given, seed, "normal");
      if (value.shape.length !== shape.length || value.shape.some((n, k) => n !== shape[k])) {
        throw new RangeError(`${path} is [${shape.join(", ")}], not [${value.shape.join(", ")}]`);
      }
      values.set(path, value);
      continue;
    }
    const draws = new Draws(seed, `move of ${path}`);
    const step = moved && !frozen ? move : 0;
    values.set(path, { shape, data: Float64Array.from(port.parameter(path), (x) => Math.fround(x + step * draws.normal())) }); // prettier-ignore
  }
  for (const { name } of m.hypers) {
    const value = given.values.get(name);
    if (value !== undefined) values.set(name, { shape: [], data: Float64Array.from(value.data) });
  }
  const point = { sizes, values };
  port.set(point);
  return { point, port };
}

/** A point where all results are finite; else one where the values are. */
function findPoint(context: CheckContext, lowered: LoweredModel): { point: Point; port: ModelPort } | null {
  let second: { point: Point; port: ModelPort } | null = null;
  for (const moved of [true, false]) {
    for (const how of distributionNames) {
      const found = samplePoint(context, lowered, how, moved);
      if (found === null) return null;
      const { point, port } = found;
      try {
        const results = kindsOf(lowered).map((kind) => copied(port.call(kind, port.batch(kind, point))));
        if (results.every(allFinite)) return found;
        if (results.every((outputs) => allFinite(valuesOf(outputs)))) second ??= found;
      } catch (error) {
        // An index that is computed may be out of range here.
        if (!(error instanceof RangeError)) throw error;
      }
    }
  }
  return second;
}

function valuesOf(outputs: Outputs): Outputs {
  return new Map([...outputs].filter(([name]) => !name.startsWith("gradient.")));
}
