/** A loop of the graph as a step of the program. */
import * as dims from "../ir/dim.ts";
import { is } from "../ir/expressions.ts";
import type { Graph, GraphOutput, Loop, Node } from "../ir/graph.ts";
import { allParameters, partOperands } from "../ir/loop-parts.ts";
import type { LoopStep, Scalar, Step } from "../ir/program.ts";
import { resultTypes } from "../primitives/loop.ts";
import { Access, type Place } from "./access.ts";
import { labelOf } from "./buffers.ts";
import type { Part } from "./joins.ts";
import { roleOf } from "./materialize.ts";
import { ScalarBuilder } from "./scalars.ts";
import type { End, Target } from "./session.ts";
import { copyKernel, scheduleSteps, type Frame } from "./steps.ts";
import { straightLoop } from "./straight-loops.ts";

/**
 * Gives the results of every loop among `nodes` their places, before anything is scheduled that reads them. What is joined
 * of results has the place, and they are parts of it.
 */
export function placeResults(
  frame: Frame,
  nodes: readonly Node[],
  joined: ReadonlyMap<Node, readonly Part[]>,
  direct: ReadonlyMap<Node, string>,
): void {
  for (const [node, parts] of joined) {
    const buffer = direct.get(node) ?? frame.session.temporary(node, `${frame.id}.${node.id}`, "carried", true);
    frame.places.set(node, { kind: "buffer", buffer });
    for (const { result, start } of parts) frame.places.set(result, { kind: "buffer", buffer, start });
  }
  for (const node of nodes) {
    if (!is(node, "loop_result") || frame.places.has(node)) continue;
    if (node.shape.length === 0) {
      const { names, options } = frame.session;
      frame.places.set(node, { kind: "number", name: names.take(options.nameOf(node) ?? "carried") });
      continue;
    }
    const buffer = direct.get(node) ?? frame.session.temporary(node, `${frame.id}.${node.id}`, "carried", isStacked(node)); // prettier-ignore
    frame.places.set(node, { kind: "buffer", buffer });
  }
}

/** Whether a result of a loop holds rows of its rounds, other than what is carried at the end. */
function isStacked({ operands: [loop], attributes: { index } }: Node<"loop_result">): boolean {
  return is(loop, "loop") && index >= loop.attributes.record.carries.length;
}

/** A loop that is being scheduled. */
export interface OpenStep {
  readonly frame: Frame;
  readonly loop: Node<"loop">;
  readonly record: Loop;
  readonly comment: readonly string[];
  /** The argument that counts rounds. */
  readonly variable: string;
  /** Where the body finds its index, invariants and rows. */
  readonly places: Map<Node, Place>;
}

/** Initial values, then the loop itself. Its results are where `placeResults` has put those that something reads. */
export function loopSteps(frame: Frame, loop: Node<"loop">, comment: readonly string[]): readonly Step[] {
  const { record } = loop.attributes;
  const operands = partOperands(record, loop.operands);
  const variable = frame.session.names.take(hintOf(record.index, "t"));
  const places = new Map<Node, Place>([[record.index, { kind: "number", name: variable }]]);
  record.invariants.forEach((p, k) => places.set(p, aliasOf(frame, operands.invariants[k], null)));
  record.stackedInputs.forEach((p, k) => places.set(p, aliasOf(frame, operands.stacked[k], variable)));
  const open: OpenStep = { frame, loop, record, comment, variable, places };
  return straightLoop(open) ?? storedLoop(open);
}

/** What a node of the graph around a body is there. */
export function aliasOf(frame: Frame, node: Node, row: string | null): Place {
  return { kind: "alias", node, row, frame };
}

/** The general form: carries are written over in place, round by round. */
function storedLoop(open: OpenStep): readonly Step[] {
  const { frame, loop, record, variable, places } = open;
  const { session } = frame;
  const operands = partOperands(record, loop.operands);
  const results = placesOfResults(frame, loop);
  const count = record.carries.length;
  record.carries.forEach((p, k) => places.set(p, results[k]));
  const before: Step[] = [];
  const kept = [...results.slice(0, count).entries()];
  for (const [k, place] of kept) {
    if (place.kind !== "buffer") continue;
    session.touch(place.buffer);
    const target = { buffer: place.buffer, row: null };
    before.push(copyKernel(session, aliasOf(frame, operands.carries[k], null), target, record.carries[k]));
  }
  touchBuffers(frame, results.slice(count));
  session.tick();
  const ends = record.next.map((_, k): End => {
    const place = results[k];
    if (place.kind === "buffer") return { kind: "array", target: { buffer: place.buffer, row: null } };
    return { kind: "number", hint: `${place.kind === "number" ? place.name : "value"}Next` };
  });
  const stacked = results.slice(count).map((place): End => ({ kind: "array", target: rowOf(place, variable) }));
  const asked =
    record.condition === null
      ? null
      : scheduleSteps(session, conditionGraph(record, record.condition), [{ kind: "number", hint: "goesOn" }], new Map(places)); // prettier-ignore
  const body = scheduleSteps(session, bodyGraph(record), [...ends, ...stacked], places);
  session.tick();
  touchBuffers(frame, results);
  const scalars = new ScalarBuilder();
  const step: LoopStep = {
    ...headOf(open, scalars),
    numbers: kept.flatMap(([k, place]) => {
      if (place.kind !== "number") return [];
      return [
        { name: place.name, initial: numberAt(scalars, frame, operands.carries[k]), next: body.numbers[k] ?? "" },
      ];
    }),
    condition: asked === null ? null : { steps: asked.steps, value: asked.numbers[0] ?? "" },
    steps: body.steps,
  };
  return [...before, ...clearing(frame, record, results.slice(count)), step];
}

/** What a loop step says of its rounds, however these compute. */
export function headOf(
  { frame, loop, record, comment, variable }: OpenStep,
  scalars: ScalarBuilder,
): Pick<LoopStep, "kind" | "comment" | "variable" | "trip" | "count" | "reverse"> {
  const [count] = partOperands(record, loop.operands).count;
  return {
    kind: "loop",
    comment,
    variable,
    trip: record.trip,
    count: record.counted ? numberAt(scalars, frame, count) : null,
    reverse: record.reverse,
  };
}

export function touchBuffers({ session }: Frame, places: readonly Place[]): void {
  for (const place of places) if (place.kind === "buffer") session.touch(place.buffer);
}

/** The row of a stacked output that a round writes. */
export function rowOf(place: Place, variable: string): Target {
  if (place.kind !== "buffer") throw new Error("internal: a stacked output without rows");
  const { buffer, start } = place;
  return { buffer, row: variable, ...(start && { start }) };
}

/** Rows of rounds that may not run are zeros. */
export function clearing(frame: Frame, record: Loop, stacked: readonly Place[]): readonly Step[] {
  if (!record.counted && record.condition === null) return [];
  return stacked.flatMap((place): Step[] => {
    if (place.kind !== "buffer") return [];
    const label = `${frame.session.buffers.get(place.buffer)?.label ?? "rows"}Clear`;
    const body = [{ kind: "fill", buffer: place.buffer, value: 0 }] as const;
    return [
      { kind: "kernel", label, comment: [], body, values: [], nest: null, inline: false, operations: dims.constant(0) },
    ];
  });
}

/**
 * Where each result of the loop is: where something reads it, else in storage of the loop's own; with `asNumbers` carries
 * that nothing reads have none.
 */
export function placesOfResults(frame: Frame, loop: Node<"loop">, asNumbers = false): readonly Place[] {
  const read = new Map<number, Place>();
  for (const [node, place] of frame.places) {
    if (is(node, "loop_result") && node.operands[0] === loop) read.set(node.attributes.index, place);
  }
  const { session } = frame;
  const { record } = loop.attributes;
  return resultTypes(record).map((type, k) => {
    const known = read.get(k);
    if (known !== undefined) return known;
    const model = [...record.carries, ...record.stackedOutputs][k];
    const hint = hintOf(record.carries.at(k), "rows");
    if (type.shape.length === 0 || (asNumbers && k < record.carries.length))
      return { kind: "number", name: session.names.take(hint) };
    const stacked = k >= record.carries.length;
    const buffer = session.temporary({ ...model, ...type }, `${frame.id}.${loop.id}.${k}`, hint, stacked);
    return { kind: "buffer", buffer };
  });
}

/** The number that a scalar of the frame is, to start or bound a loop with. */
export function numberAt(scalars: ScalarBuilder, frame: Frame, node: Node): Scalar {
  let at = node;
  while (at.primitive === "mark" || at.primitive === "stop_gradient") at = at.operands[0];
  if (is(at, "constant")) return scalars.number(at.attributes.value, at.element);
  if (is(at, "dimension")) return scalars.dim(at.attributes.dim);
  if (frame.places.has(at)) return new Access(scalars, frame.placeOf).read(at, []);
  throw new Error(`internal: ${at.primitive} (${roleOf(at)}) is no number of the entry point`);
}

/** The body as a graph of its own; a carry's next value is written over the carry. */
export function bodyGraph(record: Loop): Graph {
  const next = record.next.map((node, k): GraphOutput => {
    const { name } = record.carries[k].attributes;
    return { name: `next.${name}`, node, updates: node.shape.length > 0 ? name : null };
  });
  return graphOver(record, [...next, ...record.stackedOutputs.map((node, k) => output(`rows.${k}`, node))]);
}

/** What decides whether another round runs. */
export function conditionGraph(record: Loop, condition: Node): Graph {
  return graphOver(record, [output("condition", condition)]);
}

function output(name: string, node: Node): GraphOutput {
  return { name, node, updates: null };
}

function graphOver(record: Loop, outputs: readonly GraphOutput[]): Graph {
  return { parameters: allParameters(record), outputs, requirements: [] };
}

/** A readable name for what a parameter of a body holds. */
export function hintOf(parameter: Node<"parameter"> | undefined, otherwise: string): string {
  const [word] = (parameter?.attributes.name ?? otherwise).split(" ");
  const label = labelOf(word);
  return /^[\p{ID_Start}$][\p{ID_Continue}$]*$/u.test(label) ? label : otherwise;
}
