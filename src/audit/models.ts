/** Checks of a model: the loss's gradient by every parameter, and the values of forward and evaluate. */
import type { CheckedModel } from "../2-check/checked.ts";
import type { LoweredModel } from "../3-lower/lowered.ts";
import { closeGraph, returned } from "../3-lower/graph.ts";
import type { Graph, Node } from "../ir/graph.ts";
import { evaluate, scalar } from "../ir/interpreter.ts";
import type { Value } from "../ir/value.ts";
import { bounded, compare, compareSingle, outputOf, type DerivativeRow, type Probe } from "./checks.ts";
import type { CheckContext, ItemReport, ValueRow } from "./item.ts";
import { allFinite, copied, ModelPort, valueAt, type Outputs, type Point } from "./port.ts";
import { GivenFault, interpreted, sizesFor, valueFor, type Wanted } from "./points.ts";
import {
  chooseDirection,
  chooseEntries,
  distributionNames,
  Draws,
  entriesToCheck,
  placeOf,
  sizeOf,
  type Distribution,
  type Tensor,
} from "./sample.ts";
import { holdStops } from "./stops.ts";
import { scaleOf } from "./functions.ts";

type Kind = "forward" | "evaluate" | "gradient";

/** `twin`: null where no sizes fit. */
export function checkModel(context: CheckContext, lowered: LoweredModel, twin: Twin | null): ItemReport {
  const { checked } = lowered;
  const report = { name: checked.name, kind: "model", span: checked.span } as const;
  const found = twin === null ? null : findPoint(twin);
  if (twin === null || found === null) return { ...report, point: null, derivatives: [], values: [] };
  const { point, results } = found;
  const single = new ModelPort(context.single, lowered, "f32", point, context.seed);
  single.set(point);
  const derivatives: DerivativeRow[] = [];
  const values: ValueRow[] = [];
  const references = boundedResults(context, lowered, point);
  for (const [kind, double] of results) {
    const own = single.call(kind, single.batch(kind, point));
    const reference = references.get(kind) ?? new Map<string, Value>();
    for (const [output, value] of reference) {
      const finding = compareSingle(outputOf(own, output), outputOf(double, output), value);
      if (!output.startsWith("gradient.")) values.push({ entry: kind, output, shape: value.shape, single: finding });
    }
    if (kind !== "gradient") continue;
    const loss = lossAt(context, twin, found);
    for (const { path } of checked.parameters.filter(({ frozen }) => !frozen)) {
      const name = `gradient.${path}`;
      const value = reference.get(name);
      if (value === undefined) throw new Error(`internal: no value of ${name}`);
      const gradient = outputOf(double, name);
      const probes = probesOf(context, twin, found, loss, path);
      const row = compare({ entry: kind, of: "loss", by: path, shape: value.shape }, probes, context.tolerance);
      derivatives.push({ ...row, single: compareSingle(outputOf(own, name), gradient, value) });
    }
  }
  return { ...report, point, derivatives, values };
}

/** Entry points as one graph, so that what they share is computed once; outputs are named `forward outputs.p`. */
export function together(context: CheckContext, lowered: LoweredModel, kinds: readonly Kind[]): Graph {
  const graphs = kinds.map((kind) => [kind, context.session.settled(graphOf(lowered, kind))] as const);
  return {
    parameters: [...new Set(graphs.flatMap(([, { parameters }]) => parameters))],
    outputs: graphs.flatMap(([kind, { outputs }]) => outputs.map((o) => ({ ...o, name: `${kind} ${o.name}` }))),
    requirements: [],
  };
}

/** The results of every entry point with bounds on the errors of f32. */
function boundedResults(
  context: CheckContext,
  lowered: LoweredModel,
  point: Point,
): ReadonlyMap<Kind, ReadonlyMap<string, Value>> {
  const kinds = kindsOf(lowered);
  const whole = together(context, lowered, kinds);
  const values = [...bounded(whole, inputsOf(context, lowered, point), point.sizes)];
  const ofKind = (kind: Kind): ReadonlyMap<string, Value> => {
    const own = values.filter(([name]) => name.startsWith(`${kind} `));
    return new Map(own.map(([name, value]) => [name.slice(kind.length + 1), value]));
  };
  return new Map(kinds.map((kind) => [kind, ofKind(kind)]));
}

export function kindsOf({ entries }: LoweredModel): readonly Kind[] {
  const all: readonly Kind[] = ["forward", "evaluate", "gradient"];
  return all.filter((kind) => entries.some((entry) => entry.kind === kind));
}

export function graphOf({ entries, checked }: LoweredModel, kind: LoweredModel["entries"][number]["kind"]): Graph {
  const entry = entries.find((e) => e.kind === kind);
  if (entry === undefined) throw new Error(`internal: ${checked.name} has no ${kind}`);
  return entry.graph;
}

/** The training loss of the live parameters, dropout masks held. */
interface Loss {
  readonly run: () => ArrayLike<number>;
  /** At the point. */
  readonly middle: ArrayLike<number>;
}

/** The twin's own loss, or where the user stops gradients the interpreter's with what is stopped held where it is. */
function lossAt(context: CheckContext, { port, lowered }: Twin, { point, results }: Found): Loss {
  const gradient = graphOf(lowered, "gradient");
  const held = holdStops(context.session, [lossOf(gradient)], gradient.parameters);
  if (held !== null) {
    const { parameters } = lowered.checked;
    const inputs = new Map(inputsOf(context, lowered, point));
    const fixed = held.valuesAt(inputs, point.sizes);
    const names = new Map(parameters.map(({ path, node }) => [node.attributes.name, path]));
    const values = [...inputs, ...fixed].map(([name, value]) => {
      const path = names.get(name);
      const live = path === undefined ? null : port.parameter(path);
      return [name, live instanceof Float64Array ? { ...value, data: live } : value] as const;
    });
    const outputs = held.roots.map((root) => returned("loss", root));
    const graph = context.session.settled(closeGraph(outputs, [...gradient.parameters, ...held.inputs], []));
    const run = (): ArrayLike<number> => {
      const loss = evaluate(graph, new Map(values), { dims: point.sizes }).get("loss");
      return [loss?.data[0] ?? NaN];
    };
    return { run, middle: run() };
  }
  // Without dropout and the like the loss of `evaluate` is the same expression, and cheaper.
  const [inTraining, inEvaluation] = (["gradient", "evaluate"] as const).map((kind) =>
    lossOf(context.session.settled(graphOf(lowered, kind))),
  );
  const kind = inTraining === inEvaluation ? "evaluate" : "gradient";
  const batch = port.batch(kind, point);
  const of = (outputs: Outputs): ArrayLike<number> => [outputOf(outputs, "loss")[0]];
  return { run: () => of(port.call(kind, batch)), middle: of(results.get(kind) ?? new Map()) };
}

function lossOf({ outputs }: Graph): Node {
  const loss = outputs.find(({ name }) => name === "loss");
  if (loss === undefined) throw new Error("internal: a graph has no loss");
  return loss.node;
}

/** The chosen entries one by one, and a direction through all of them at once, which no entry can hide from. */
function* probesOf(
  context: CheckContext,
  { port, lowered }: Twin,
  { point, results }: Found,
  { run, middle }: Loss,
  path: string,
): Generator<Probe> {
  const gradient = outputOf(results.get("gradient") ?? new Map(), `gradient.${path}`);
  const live = port.parameter(path);
  const { data, shape } = valueAt(point, path);
  const draws = new Draws(context.seed, `entries of ${path}`);
  const total = lowered.checked.parameters.reduce((sum, p) => sum + (p.frozen ? 0 : sizeOf(p.shape)), 0);
  const most = entriesToCheck(context.samples, total);
  for (const j of chooseEntries(gradient, most, draws)) {
    yield {
      scale: scaleOf(data[j]),
      line: (t) => {
        live[j] = data[j] + t;
        const result = run();
        live[j] = data[j];
        return result;
      },
      middle,
      derivative: [gradient[j]],
      place: () => placeOf(j, shape),
    };
  }
  if (data.length <= most) return;
  const direction = chooseDirection(data.length, draws);
  let along = 0;
  for (let j = 0; j < data.length; j++) along += gradient[j] * direction[j];
  yield {
    scale: 1,
    line: (t) => {
      for (let j = 0; j < data.length; j++) live[j] = data[j] + t * direction[j];
      const result = run();
      live.set(data);
      return result;
    },
    middle,
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

/** A model's f64 twin: created once, for the sizes it is checked at, and set to one point after the other. */
export class Twin {
  readonly lowered: LoweredModel;
  readonly port: ModelPort;
  /** Parameters as they start. */
  readonly initial: ReadonlyMap<string, Float64Array>;
  readonly #context: CheckContext;
  readonly #sizes: ReadonlyMap<string, number>;

  constructor(context: CheckContext, lowered: LoweredModel, sizes: ReadonlyMap<string, number>) {
    this.lowered = lowered;
    this.port = new ModelPort(context.double, lowered, "f64", { sizes }, context.seed);
    this.#context = context;
    this.#sizes = sizes;
    // Through f32, whose numbers both modules hold.
    this.initial = new Map(
      lowered.checked.parameters.map(({ path }) => [
        path,
        new Float64Array(new Float32Array(this.port.parameter(path))),
      ]),
    );
  }

  /**
   * Sets the twin to a point by one distribution of the inputs; `moved`: parameters away from where they start.
   * @throws GivenFault where a value that is given does not fit its parameter.
   */
  sample(how: Distribution, moved: boolean, seed = this.#context.seed): Point {
    const m = this.lowered.checked;
    const { given } = this.#context;
    const sizes = this.#sizes;
    const values = new Map<string, Tensor>();
    for (const wanted of wantedOf(m)) values.set(wanted.name, valueFor(wanted, sizes, given, seed, how));
    for (const { path, node, initial, shape, frozen } of m.parameters) {
      const start = this.initial.get(path);
      if (given.values.has(path) || initial === null || start === undefined) {
        const value = valueFor({ name: path, node }, sizes, given, seed, "normal");
        if (value.shape.length !== shape.length || value.shape.some((n, k) => n !== shape[k])) {
          throw new GivenFault(`\`${path}\` is [${shape.join(", ")}], not [${value.shape.join(", ")}]`);
        }
        values.set(path, value);
        continue;
      }
      const data = start.slice();
      if (moved && !frozen) {
        const draws = new Draws(seed, `move of ${path}`);
        for (let k = 0; k < data.length; k++) data[k] = Math.fround(data[k] + move * (2 * draws.uniform() - 1));
      }
      values.set(path, { shape, data });
    }
    for (const { name } of m.hypers) {
      const value = given.values.get(name);
      if (value !== undefined) values.set(name, { shape: [], data: Float64Array.from(value.data) });
    }
    const point = { sizes, values };
    this.port.set(point);
    return point;
  }
}

/** Null where no sizes fit. */
export function openTwin(context: CheckContext, lowered: LoweredModel): Twin | null {
  const m = lowered.checked;
  const sizes = sizesFor(wantedOf(m), m.requirements, context.given);
  return sizes === null ? null : new Twin(context, lowered, sizes);
}

/** The results of every entry point at a point. */
interface Found {
  readonly point: Point;
  readonly results: ReadonlyMap<Kind, Outputs>;
}

/** Sets the twin to a point where all results are finite; else to one where the values are. */
function findPoint(twin: Twin): Found | null {
  let second: Found | null = null;
  for (const moved of [true, false]) {
    for (const how of distributionNames) {
      const point = twin.sample(how, moved);
      try {
        const results = new Map(
          kindsOf(twin.lowered).map((kind) => [kind, copied(twin.port.call(kind, twin.port.batch(kind, point)))]),
        );
        if ([...results.values()].every(allFinite)) return { point, results };
        if ([...results.values()].every((outputs) => allFinite(valuesOf(outputs)))) second ??= { point, results };
      } catch (error) {
        // An index that is computed may be out of range here.
        if (!(error instanceof RangeError)) throw error;
      }
    }
  }
  if (second !== null) twin.port.set(second.point);
  return second;
}

function valuesOf(outputs: Outputs): Outputs {
  return new Map([...outputs].filter(([name]) => !name.startsWith("gradient.")));
}
