/** Graph -> program: small graphs as straight-line code, others as one kernel a group of fused nodes. */
import * as dims from "../ir/dim.ts";
import { is, topological } from "../ir/expressions.ts";
import type { AnyNode, Graph, Node } from "../ir/graph.ts";
import type { Buffer, Kernel, Program, ProgramOutput } from "../ir/program.ts";
import type { Place } from "./access.ts";
import { labelOf, parameterBuffers, resultBuffers, type ScheduleOptions } from "./buffers.ts";
import { operationsOf } from "./cost.ts";
import { formGroups, type Group } from "./groups.ts";
import { uncertainIndices } from "./index-checks.ts";
import { materialized, roleOf } from "./materialize.ts";
import { planMemory, type Life } from "./memory.ts";
import { collectLocals } from "./nest-cache.ts";
import { buildNest } from "./nests.ts";
import { workShape } from "./routines.ts";
import { scheduleStraight } from "./straight.ts";

export type { ScheduleOptions } from "./buffers.ts";

/** The program of one entry point. The graph holds no marks or derivative requests any more. */
export function schedule(graph: Graph, options: ScheduleOptions): Program {
  return (options.unroll ? scheduleStraight(graph, options) : null) ?? scheduleNests(graph, options);
}

/** The general schedule: loop nests over arrays. */
export function scheduleNests(graph: Graph, options: ScheduleOptions): Program {
  const nodes = topological(graph.outputs.map((o) => o.node)) as readonly AnyNode[];
  const checks = uncertainIndices(nodes);
  const stored = materialized(graph, nodes, checks);
  const { groups, deferred, early, reads } = formGroups(graph, stored, checks);
  const names = new Names(options.taken);
  const buffers = new Map<string, Buffer>();
  const labels = new Set<string>();
  for (const b of [...parameterBuffers(graph), ...resultBuffers(graph, options)]) {
    // A parameter's array goes by the argument's name where no other has it.
    const label = labelOf(b.name);
    const own = b.role === "parameter" && !options.reserved(label) && !labels.has(label);
    const given = own ? names.keep(label) : names.take(label);
    labels.add(given);
    buffers.set(b.name, { ...b, label: given });
  }
  const places = new Map<Node, Place>();
  const targets = new Map<Node, string[]>();
  const copies: { from: string; to: string }[] = [];
  const outputs: ProgramOutput[] = [];

  for (const p of graph.parameters) {
    const { name, held } = p.attributes;
    places.set(p, held === "number" ? { kind: "number", name } : { kind: "buffer", buffer: name });
  }
  const temporary = (node: Node): string => {
    const label = names.take(options.nameOf(node) ?? "work");
    const name = `temporary.${node.id}`;
    buffers.set(name, { name, element: node.element, shape: node.shape, role: "temporary", label });
    return name;
  };
  const held = new Map<Node, string>();
  /** The buffer that a node is computed into to be copied when the call ends. */
  const aside = (node: Node): string => {
    const known = held.get(node);
    if (known !== undefined) return known;
    const name = temporary(node);
    held.set(node, name);
    aim(node, name);
    return name;
  };
  const aim = (node: Node, buffer: string): void => {
    targets.set(node, [...(targets.get(node) ?? []), buffer]);
  };
  const delivered = new Map<Node, string>();
  const numberOf = (node: Node, hint = "value"): string => {
    const place = places.get(node);
    if (roleOf(node) === "source") {
      // A literal or a parameter is delivered under a name of its own; others read it where it stands.
      const own = delivered.get(node) ?? names.take(hint);
      delivered.set(node, own);
      return own;
    }
    if (place?.kind === "number") return place.name;
    const name = names.take(options.nameOf(node) ?? hint);
    places.set(node, { kind: "number", name });
    return name;
  };
  for (const output of graph.outputs) {
    const { name, node, updates } = output;
    if (options.held(output) === "number") {
      outputs.push({ name, kind: "number", value: numberOf(node, name.split(".").join("_")), element: node.element });
    } else if (updates !== null) {
      if (deferred.has(updates) || early.has(node)) copies.push({ from: aside(node), to: updates });
      else aim(node, updates);
      outputs.push({ name, kind: "update", buffer: updates });
    } else {
      if (early.has(node)) copies.push({ from: aside(node), to: `result.${name}` });
      else aim(node, `result.${name}`);
      outputs.push({ name, kind: "array", buffer: `result.${name}` });
    }
  }
  // A group's own nodes are not among its reads.
  const readOutside = new Set([...reads.values()].flatMap((nodes) => [...nodes]));
  for (const group of groups) {
    for (const node of [...(group.lead === null ? [] : [group.lead]), ...group.members]) {
      if (places.has(node) || roleOf(node) === "source") continue;
      if (node.shape.length === 0) {
        numberOf(node);
        continue;
      }
      if (!targets.has(node) && readOutside.has(node)) aim(node, temporary(node));
      const buffer = targets.get(node)?.at(0);
      if (buffer !== undefined) places.set(node, { kind: "buffer", buffer });
    }
  }

  for (const { lead } of groups) {
    const shape = lead === null ? null : workShape(lead);
    if (lead === null || shape === null) continue;
    const name = workName(lead);
    buffers.set(name, { name, element: "real", shape, role: "temporary", label: names.take("work") });
  }

  // Code in place shares the scope of the entry point: each piece keeps clear of the locals of those before.
  const inPlace = new Set(names.all);
  const kernels = groups.map((group, k): Kernel => {
    const signature = signatureOf(group, reads.get(group) ?? new Set(), places, targets, delivered);
    const taken = group.kind === "value" ? inPlace : names.all;
    const finished = options.nests.take(signature, taken, () =>
      buildNest(group, {
        placeOf: (node) => places.get(node) ?? (stored.has(node) ? { kind: "buffer", buffer: "none" } : null),
        targetsOf: (node) => targets.get(node) ?? [],
        copyOf: (node) => delivered.get(node) ?? null,
        nameOf: (node) => nameOf(node, options),
        workOf: (node) => (buffers.has(workName(node)) ? workName(node) : null),
        inlinedCalls: options.inlinedCalls,
        taken,
      }),
    );
    if (group.kind === "value") collectLocals(finished.body, inPlace);
    const named = group.members.at(-1) ?? group.lead;
    const label = (named === null ? null : options.nameOf(named)) ?? `kernel${k + 1}`;
    return {
      label,
      comment: group.kind === "value" ? [] : commentOf(group, options),
      ...finished,
      inline: group.kind === "value",
      operations: group.lead === null ? dims.constant(0) : operationsOf(group.lead),
    };
  });
  for (const { from, to } of copies) kernels.push(copyKernel(buffers, from, to));
  const copied = new Set(copies.map((c) => c.from));
  const lives = livesOf(groups, reads, places, targets, buffers, copied, kernels.length);
  const parameters = graph.parameters.map((p) => p.attributes.name);
  return { parameters, buffers: [...buffers.values()], kernels, outputs, arena: planMemory(lives) };
}

/** All that the statements of a group depend on: its nodes, and where they and what they read are kept. */
function signatureOf(
  group: Group,
  reads: ReadonlySet<Node>,
  places: ReadonlyMap<Node, Place>,
  targets: ReadonlyMap<Node, readonly string[]>,
  delivered: ReadonlyMap<Node, string>,
): string {
  const placeOf = (node: Node): string => {
    const place = places.get(node);
    return place === undefined ? "" : place.kind === "number" ? `#${place.name}` : place.buffer;
  };
  const nodes = group.lead === null ? group.members : [group.lead, ...group.members];
  const own = nodes.map((n) => `${n.id}:${placeOf(n)}:${(targets.get(n) ?? []).join(",")}:${delivered.get(n) ?? ""}`);
  const read = [...reads].map((n) => `${n.id}:${placeOf(n)}`).sort();
  const checked = group.checks.map((c) => `${c.index.id}<${c.size.key}`);
  return `${group.kind} ${[...own, ...checked].join(" ")} / ${read.join(" ")}`;
}

/** The source lines that a kernel's nodes came from. */
function commentOf({ lead, members }: Group, { lineOf }: ScheduleOptions): readonly string[] {
  const nodes = lead === null ? members : [lead, ...members];
  return [...new Set(nodes.flatMap((node) => lineOf(node) ?? []))];
}

/** The buffer that only the kernel of a node uses. */
function workName(node: Node): string {
  return `work.${node.id}`;
}

/** What a subscript is called in the user's program. */
function nameOf(node: Node, { nameOf }: ScheduleOptions): string {
  return is(node, "parameter") ? labelOf(node.attributes.name) : (nameOf(node) ?? "the subscript");
}

function copyKernel(buffers: ReadonlyMap<string, Buffer>, from: string, to: string): Kernel {
  const buffer = buffers.get(from);
  if (buffer === undefined) throw new Error("internal: a copy of nothing");
  const node: Group = { kind: "map", shape: buffer.shape, lead: null, members: [], checks: [] };
  const source: Node<"parameter"> = {
    id: -1,
    primitive: "parameter",
    operands: [],
    attributes: { name: from, type: { element: buffer.element, shape: buffer.shape }, bound: null, held: "array" },
    shape: buffer.shape,
    element: buffer.element,
  };
  node.members.push(source);
  const finished = buildNest(node, {
    placeOf: () => ({ kind: "buffer", buffer: from }),
    targetsOf: () => [to],
    copyOf: () => null,
    nameOf: () => buffer.label,
    workOf: () => null,
    inlinedCalls: () => Infinity,
    taken: new Set([...buffers.values()].map((b) => b.label)),
  });
  return { label: `${buffer.label}Store`, comment: [], ...finished, inline: false, operations: dims.constant(0) };
}

function livesOf(
  groups: readonly Group[],
  reads: ReadonlyMap<Group, ReadonlySet<Node>>,
  places: ReadonlyMap<Node, Place>,
  targets: ReadonlyMap<Node, readonly string[]>,
  buffers: ReadonlyMap<string, Buffer>,
  copied: ReadonlySet<string>,
  end: number,
): readonly Life[] {
  const lives = new Map<string, { from: number; to: number }>();
  groups.forEach((group, k) => {
    const nodes = group.lead === null ? group.members : [group.lead, ...group.members];
    const written = nodes.flatMap((n) => [...(targets.get(n) ?? []), workName(n)]);
    for (const name of written) if (buffers.has(name)) lives.set(name, { from: k, to: k });
    for (const node of reads.get(group) ?? []) {
      const place = places.get(node);
      const life = place?.kind === "buffer" ? lives.get(place.buffer) : undefined;
      if (life !== undefined) life.to = k;
    }
  });
  return [...lives].flatMap(([name, { from, to }]): Life[] => {
    const buffer = buffers.get(name);
    if (buffer?.role !== "temporary") return [];
    return [{ buffer, from, to: copied.has(name) ? end : to }];
  });
}

/** Identifiers, each given once. */
class Names {
  readonly all: Set<string>;
  /** How far the numbering of a hint has come. */
  readonly #counts = new Map<string, number>();

  constructor(taken: Iterable<string>) {
    this.all = new Set(taken);
  }

  /** A name that stands for the same thing elsewhere. */
  keep(name: string): string {
    this.all.add(name);
    return name;
  }

  take(hint: string): string {
    const joined = /\d$/.test(hint) ? `${hint}_` : hint;
    let name = hint;
    let k = this.#counts.get(hint) ?? 1;
    for (; this.all.has(name); k++) name = `${joined}${k}`;
    this.#counts.set(hint, k);
    this.all.add(name);
    return name;
  }
}
