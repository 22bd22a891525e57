/** Loops with small bodies: a round is straight-line code, and what is carried are numbers of the entry point. */
import * as dims from "../ir/dim.ts";
import type { Graph, Node } from "../ir/graph.ts";
import { partOperands } from "../ir/loop-parts.ts";
import type { Kernel, LoopStep, Scalar, Step } from "../ir/program.ts";
import { Access, type Place } from "./access.ts";
import { clearing, bodyGraph, conditionGraph, headOf, hintOf, numberAt, aliasOf, placesOfResults, rowOf, touchBuffers, type OpenStep } from "./loops.ts"; // prettier-ignore
import { roleOf } from "./materialize.ts";
import { ScalarBuilder } from "./scalars.ts";
import { smallGraph, type SmallGraph } from "./small-graphs.ts";
import { copyKernel, type Frame } from "./steps.ts";
import { Straight, type StraightEnd, type Surroundings } from "./straight.ts";

/** Scalar operations of a round beyond which it is no longer small. */
const mostOperations = 800;
/** Entries of an invariant, and of all of them, that are read once before the loop. */
const mostEntries = 16;
const mostNumbers = 64;

/** The steps of a loop whose rounds are small, or null. */
export function straightLoop(open: OpenStep): readonly Step[] | null {
  const { frame, loop, record, variable, places } = open;
  const { session } = frame;
  const graph = bodyGraph(record);
  const small = smallBody(session.options.unroll, graph);
  const asked = record.condition === null ? null : conditionGraph(record, record.condition);
  const smallAsked = asked === null ? null : smallBody(session.options.unroll, asked);
  if (small === null || (asked !== null && smallAsked === null)) return null;
  // What data chooses from has addresses: it stays in memory.
  const tables = new Set([...small.nodes, ...(smallAsked?.nodes ?? [])].flatMap((n) => (n.primitive === "gather" ? [n.operands[0]] : []))); // prettier-ignore
  if (record.carries.some((p) => tables.has(p))) return null;
  const operands = partOperands(record, loop.operands);
  const results = placesOfResults(frame, loop, true);
  const count = record.carries.length;
  const before: Step[] = [];
  const starts: string[] = [];
  const scalars = new ScalarBuilder();
  const outside = new Access(scalars, frame.placeOf);
  const numbers = new Map<Node, readonly string[]>();

  // Carries: one number an entry.
  const initial = record.carries.map((p, k): readonly Scalar[] => {
    const place = results[k];
    const hint = place.kind === "number" ? place.name : hintOf(p, "carried");
    const names = entryNames(frame, p, hint, place.kind === "number" ? place.name : null);
    numbers.set(p, names);
    if (p.shape.length === 0) return [numberAt(scalars, frame, operands.carries[k])];
    return entriesOf(frame, outside, operands.carries[k], before, starts);
  });
  // Invariants of few entries are read once.
  let left = mostNumbers;
  const values: { name: string; value: Scalar }[] = [];
  record.invariants.forEach((p, k) => {
    const size = sizeOf(p);
    if (p.shape.length === 0 || tables.has(p) || size > mostEntries || size > left) return;
    left -= size;
    const names = entryNames(frame, p, hintOf(p, "invariant"), null);
    entriesOf(frame, outside, operands.invariants[k], before, starts).forEach((value, e) => {
      values.push({ name: names[e], value });
    });
    numbers.set(p, names);
  });
  if (values.length > 0) before.push(kernelInPlace([], values));
  touchBuffers(frame, results.slice(count));
  session.tick();
  // All of them are read where the loop begins.
  for (const buffer of starts) session.touch(buffer);

  const around: Surroundings = {
    options: session.options,
    placeOf: (node) => places.get(node) ?? null,
    numbersOf: (p) => numbers.get(p) ?? null,
    taken: session.names.inScope,
  };
  const condition = asked === null || smallAsked === null ? null : conditionOf(frame, asked, smallAsked, around);
  const ends = [
    ...record.carries.map((p): StraightEnd => ({
      kind: "numbers",
      names: (numbers.get(p) ?? []).map((n) => `${n}Next`),
    })),
    ...results.slice(count).map((place): StraightEnd => ({ kind: "array", target: rowOf(place, variable) })),
  ];
  const straight = new Straight(graph, small, ends, around);
  const kernel = straight.kernel();
  straight.keepNames(session.names);
  session.tick();
  touchBuffers(frame, results);
  const step: LoopStep = {
    ...headOf(open, scalars),
    numbers: record.carries.flatMap((p, k) =>
      (numbers.get(p) ?? []).map((name, e) => ({ name, initial: initial[k][e], next: straight.names(k)[e] })),
    ),
    condition,
    steps: [kernel],
  };
  const after = storing(scalars, record.carries.map((p, k) => [results[k], numbers.get(p) ?? [], p] as const)); // prettier-ignore
  return [...before, ...clearing(frame, record, results.slice(count)), step, ...after];
}

function smallBody(unroll: boolean, graph: Graph): SmallGraph | null {
  const small = unroll ? smallGraph(graph, mostOperations) : null;
  return small?.symbol === null ? small : null;
}

function conditionOf(frame: Frame, graph: Graph, small: SmallGraph, around: Surroundings): LoopStep["condition"] {
  const straight = new Straight(graph, small, [{ kind: "numbers", names: ["goesOn"] }], around);
  const kernel = straight.kernel();
  straight.keepNames(frame.session.names);
  return { steps: [kernel], value: straight.names(0)[0] };
}

function sizeOf(node: Node): number {
  return node.shape.reduce((size, dim) => size * (dims.constantOf(dim) ?? Infinity), 1);
}

/** Names for the entries of a tensor; `given`: of a scalar that has one already. */
function entryNames({ session }: Frame, node: Node, hint: string, given: string | null): readonly string[] {
  if (node.shape.length === 0) return [given ?? session.names.take(hint)];
  return Array.from({ length: sizeOf(node) }, (_, e) => session.names.take(`${hint}_${e}`));
}

/** The entries of a node of the frame, as scalars in place; what is not simply there is stored first, in a buffer of `starts`. */
function entriesOf(frame: Frame, outside: Access, node: Node, before: Step[], starts: string[]): readonly Scalar[] {
  const { session } = frame;
  let base = node;
  while (roleOf(base) === "view" && frame.placeOf(base) === null) base = base.operands[0];
  const isThere = frame.placeOf(base) !== null || base.primitive === "constant";
  let read = (at: readonly Scalar[]): Scalar => outside.read(node, at);
  if (!isThere) {
    const buffer = session.temporary(node, `${frame.id}.${node.id}.start`, "start");
    session.touch(buffer);
    before.push(copyKernel(session, aliasOf(frame, node, null), { buffer, row: null }, node));
    session.tick();
    starts.push(buffer);
    const place = new Map<Node, Place>([[node, { kind: "buffer", buffer }]]);
    const access = new Access(outside.scalars, (n) => place.get(n) ?? null);
    read = (at) => access.read(node, at);
  }
  return positions(node).map((at) => read(at.map((i) => outside.scalars.dim(dims.constant(i)))));
}

/** Every position of a tensor of known size, in row-major order. */
function positions(node: Node): readonly (readonly number[])[] {
  return node.shape.reduce<readonly (readonly number[])[]>(
    (heads, dim) => heads.flatMap((head) => Array.from({ length: dims.constantOf(dim) ?? 0 }, (_, i) => [...head, i])),
    [[]],
  );
}

/** What is carried as numbers, put where its readers look for it. */
function storing(
  scalars: ScalarBuilder,
  carries: readonly (readonly [place: Place, names: readonly string[], of: Node])[],
): readonly Step[] {
  const body = carries.flatMap(([place, names, of]) => {
    if (place.kind !== "buffer") return [];
    return names.map((name, e) => ({
      kind: "store" as const,
      buffer: place.buffer,
      index: scalars.dim(dims.constant(e)),
      value: scalars.argument(name, of.element),
    }));
  });
  return body.length === 0 ? [] : [kernelInPlace(body, [])];
}

function kernelInPlace(body: Kernel["body"], values: Kernel["values"]): Kernel {
  return {
    kind: "kernel",
    label: "numbers",
    comment: [],
    body,
    values,
    nest: null,
    inline: true,
    operations: dims.constant(0),
  };
}
