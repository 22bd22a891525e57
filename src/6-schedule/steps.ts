/** The steps of one graph, the entry point's or that of a loop's body: one kernel a group, one loop step a loop. */
import * as dims from "../ir/dim.ts";
import { is, topological } from "../ir/expressions.ts";
import type { AnyNode, Graph, Node, TensorType } from "../ir/graph.ts";
import type { Kernel, Step } from "../ir/program.ts";
import type { Place, Region } from "./access.ts";
import { labelOf } from "./buffers.ts";
import { operationsOf } from "./cost.ts";
import { formGroups, type Group } from "./groups.ts";
import { uncertainIndices } from "./index-checks.ts";
import { joinedResults } from "./joins.ts";
import { loopSteps, placeResults } from "./loops.ts";
import { materialized, roleOf } from "./materialize.ts";
import { collectLocals } from "./nest-cache.ts";
import { buildNest, buildUntiled, type NestContext } from "./nests.ts";
import { fusePasses } from "./passes.ts";
import { workShape } from "./routines.ts";
import type { End, Session, Target } from "./session.ts";

/** A graph that is being scheduled, and where its values are. */
export interface Frame {
  /** Among the graphs of the entry point. */
  readonly id: number;
  /** Among all graphs whose nests are kept. */
  readonly key: number;
  readonly session: Session;
  readonly places: Map<Node, Place>;
  readonly targets: Map<Node, Target[]>;
  /** The names under which literals and parameters are delivered as numbers. */
  readonly delivered: Map<Node, string>;
  readonly placeOf: (node: Node) => Place | null;
}

export interface Steps {
  readonly steps: readonly Step[];
  /** The names under which outputs that end as numbers are delivered; null for others. */
  readonly numbers: readonly (string | null)[];
}

/**
 * The steps that compute the outputs of `graph` and bring each to its end. `places`: where its parameters are. `direct`:
 * buffers that results of loops are written to at once.
 */
export function scheduleSteps(
  session: Session,
  graph: Graph,
  ends: readonly End[],
  places: Map<Node, Place>,
  direct: ReadonlyMap<Node, string> = new Map(),
): Steps {
  const { options } = session;
  const nodes = topological(graph.outputs.map((o) => o.node)) as readonly AnyNode[];
  const checks = uncertainIndices(nodes);
  const stored = materialized(graph, nodes, checks);
  const joined = joinedResults(graph, nodes);
  const { groups, deferred, early, reads } = formGroups(graph, stored, checks, joined);
  const frame: Frame = {
    id: session.frame(),
    key: options.nests.frame(),
    session,
    places,
    targets: new Map(),
    delivered: new Map(),
    placeOf: (node) => places.get(node) ?? (stored.has(node) ? { kind: "buffer", buffer: "none" } : null),
  };
  placeResults(frame, nodes, joined, direct);
  for (const node of nodes) if (is(node, "table")) places.set(node, { kind: "buffer", buffer: session.table(node) });

  const isResult = (node: Node): boolean => is(node, "loop_result") || joined.has(node);
  const copies: { readonly from: Place; readonly to: Target; readonly node: Node }[] = [];
  const held = new Map<Node, string>();
  const aim = (node: Node, target: Target): void => {
    frame.targets.set(node, [...(frame.targets.get(node) ?? []), target]);
  };
  const temporary = (node: Node): string => session.temporary(node, `${frame.id}.${node.id}`, "work");
  /** The buffer that a node is computed into to be copied when the steps end. */
  const aside = (node: Node): Place => {
    const place = places.get(node);
    if (isResult(node) && place !== undefined) return place;
    const known = held.get(node) ?? temporary(node);
    if (!held.has(node)) aim(node, { buffer: known, row: null });
    held.set(node, known);
    return { kind: "buffer", buffer: known };
  };
  const numbers = graph.outputs.map(({ node, updates }, k) => {
    const end = ends[k];
    if (end.kind === "number") return numberOf(frame, node, end.hint);
    const { target } = end;
    if (isResult(node) && direct.get(node) === target.buffer) return null;
    const isWaiting = early.has(node) || isResult(node) || (updates !== null && deferred.has(updates));
    if (isWaiting) copies.push({ from: aside(node), to: target, node });
    else aim(node, target);
    return null;
  });
  // A group's own nodes are not among its reads.
  const readOutside = new Set([...reads.values()].flatMap((read) => [...read]));
  for (const group of groups) {
    for (const node of nodesOf(group)) {
      if (places.has(node) || roleOf(node) === "source") continue;
      if (node.shape.length === 0) {
        numberOf(frame, node);
        continue;
      }
      if (!frame.targets.has(node) && readOutside.has(node)) aim(node, { buffer: temporary(node), row: null });
      const own = frame.targets.get(node) ?? [];
      const target = own.find(({ row }) => row === null) ?? own.at(0);
      if (target !== undefined) places.set(node, { kind: "buffer", ...target });
    }
  }

  for (const { lead } of groups) {
    const shape = lead === null ? null : workShape(lead);
    if (lead === null || shape === null) continue;
    const name = workName(frame, lead);
    session.buffers.set(name, { name, element: "real", shape, role: "temporary", label: session.names.take("work") });
  }

  const steps: Step[] = [];
  /** When each of the steps runs. */
  const times: number[] = [];
  for (const [k, group] of groups.entries()) {
    session.tick();
    const read = reads.get(group) ?? new Set();
    if (group.kind === "loop") steps.push(...loopSteps(frame, group.lead as Node<"loop">, commentOf(group, options)));
    else steps.push(kernelOf(frame, group, read, `kernel${k + 1}`));
    for (const node of read) touchPlace(frame, node);
    while (times.length < steps.length) times.push(session.now);
  }
  for (const { from, to, node } of copies) {
    session.tick();
    if (from.kind === "buffer") session.touch(from.buffer);
    session.touch(to.buffer);
    steps.push(copyKernel(session, from, to, node));
    times.push(session.now);
  }
  const fused = fusePasses(steps, session.names.all);
  for (const [first, last] of fused.spans) session.merge(times[first], times[last]);
  return { steps: fused.steps, numbers };
}

/** The name under which a node's number is known. */
function numberOf({ places, delivered, session }: Frame, node: Node, hint = "value"): string {
  const place = places.get(node);
  if (roleOf(node) === "source") {
    // A literal or a parameter is delivered under a name of its own; others read it where it stands.
    const own = delivered.get(node) ?? session.names.take(hint);
    delivered.set(node, own);
    return own;
  }
  if (place?.kind === "number") return place.name;
  const name = session.names.take(session.options.nameOf(node) ?? hint);
  places.set(node, { kind: "number", name });
  return name;
}

/** The buffer that only the kernel of a node uses. */
function workName(frame: Frame, node: Node): string {
  return `work.${frame.id}.${node.id}`;
}

function nodesOf({ lead, members }: Group): readonly Node[] {
  return lead === null ? members : [lead, ...members];
}

function touchPlace({ places, session }: Frame, node: Node): void {
  const place = places.get(node);
  if (place?.kind === "buffer") session.touch(place.buffer);
}

function kernelOf(frame: Frame, group: Group, reads: ReadonlySet<Node>, hint: string): Kernel {
  const { session, targets, delivered } = frame;
  const { options } = session;
  for (const node of nodesOf(group)) for (const { buffer } of targets.get(node) ?? []) session.touch(buffer);
  const workOf = (node: Node): string | null => {
    const name = workName(frame, node);
    return session.buffers.has(name) ? name : null;
  };
  const work = group.lead === null ? null : workOf(group.lead);
  if (work !== null) session.touch(work);
  const taken = group.kind === "value" ? session.names.inScope : session.names.all;
  const context: NestContext = {
    placeOf: frame.placeOf,
    targetsOf: (node) => targets.get(node) ?? [],
    copyOf: (node) => delivered.get(node) ?? null,
    workOf,
    nameOf: (node) =>
      is(node, "parameter") ? labelOf(node.attributes.name) : (options.nameOf(node) ?? "the subscript"),
    inlinedCalls: options.inlinedCalls,
    taken,
  };
  const signature = signatureOf(frame, group, reads);
  const finished = options.nests.take(signature, taken, () => buildNest(group, context));
  const untiled = options.untiled === true && group.kind !== "value";
  if (group.kind === "value") collectLocals(finished.body, session.names.locals);
  const named = group.members.at(-1) ?? group.lead;
  return {
    kind: "kernel",
    label: (named === null ? null : options.nameOf(named)) ?? hint,
    comment: group.kind === "value" ? [] : commentOf(group, options),
    ...finished,
    nest: untiled ? options.nests.take(`untiled ${signature}`, new Set(), () => buildUntiled(group, context)) : null,
    inline: group.kind === "value",
    operations: group.lead === null ? dims.constant(0) : operationsOf(group.lead),
  };
}

/** All that the statements of a group depend on: its nodes, and where they and what they read are kept. */
function signatureOf({ places, targets, delivered }: Frame, group: Group, reads: ReadonlySet<Node>): string {
  const startOf = ({ start }: Region): string => (start === undefined ? "" : `+${start.key}`);
  const placeOf = (node: Node): string => {
    const place = places.get(node);
    if (place === undefined) return "";
    if (place.kind === "number") return `#${place.name}`;
    const row = place.row === undefined || place.row === null ? "" : `[${place.row}]`;
    return place.kind === "buffer"
      ? `${place.buffer}${row}${startOf(place)}`
      : `~${place.frame.key}.${place.node.id}${row}`;
  };
  const targetsOf = (node: Node): string =>
    (targets.get(node) ?? []).map((t) => `${t.buffer}[${t.row ?? ""}]${startOf(t)}`).join();
  const own = nodesOf(group).map((n) => `${n.id}:${placeOf(n)}:${targetsOf(n)}:${delivered.get(n) ?? ""}`);
  const read = [...reads].map((n) => `${n.id}:${placeOf(n)}`).sort();
  const checked = group.checks.map((c) => `${c.index.id}<${c.size.key}`);
  return `${group.kind} ${[...own, ...checked].join(" ")} / ${read.join(" ")}`;
}

/** The source lines that a kernel's nodes came from. */
function commentOf(group: Group, { lineOf }: Session["options"]): readonly string[] {
  return [...new Set(nodesOf(group).flatMap((node) => lineOf(node) ?? []))];
}

/** Copies the tensor that stands at a place to `to`. */
export function copyKernel(session: Session, from: Place, to: Target, { element, shape }: TensorType): Kernel {
  const buffer = session.buffers.get(to.buffer);
  if (buffer === undefined) throw new Error("internal: a copy to nowhere");
  const source: Node<"parameter"> = {
    id: -1,
    primitive: "parameter",
    operands: [],
    attributes: { name: buffer.name, type: { element, shape }, bound: null, held: "array" },
    shape,
    element,
  };
  const group: Group = { kind: "map", shape, lead: null, members: [source], checks: [] };
  const context: NestContext = {
    placeOf: (node) => (node === source ? from : null),
    targetsOf: () => [to],
    copyOf: () => null,
    workOf: () => null,
    nameOf: () => buffer.label,
    inlinedCalls: () => Infinity,
    taken: session.names.all,
  };
  return {
    kind: "kernel",
    label: `${buffer.label}Store`,
    comment: [],
    ...buildNest(group, context),
    nest: session.options.untiled === true ? buildUntiled(group, context) : null,
    inline: false,
    operations: dims.constant(0),
  };
}
