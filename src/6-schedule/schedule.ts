/** Graph -> program: small graphs as straight-line code, others as one kernel a group of fused nodes. */
import { is, topological } from "../ir/expressions.ts";
import type { AnyNode, Graph, GraphOutput, Node } from "../ir/graph.ts";
import type { Program, ProgramOutput } from "../ir/program.ts";
import type { Place } from "./access.ts";
import { labelOf, parameterBuffers, resultBuffers, type ScheduleOptions } from "./buffers.ts";
import { behindShapes } from "./joins.ts";
import { hasChecks } from "./index-checks.ts";
import { planMemory } from "./memory.ts";
import { Session, type End } from "./session.ts";
import { scheduleSteps } from "./steps.ts";
import { scheduleStraight } from "./straight.ts";

export type { ScheduleOptions } from "./buffers.ts";

/** The program of one entry point. The graph holds no marks or derivative requests any more. */
export function schedule(graph: Graph, options: ScheduleOptions): Program {
  return (options.unroll ? scheduleStraight(graph, options) : null) ?? scheduleNests(graph, options);
}

/** The general schedule: loop nests over arrays. */
export function scheduleNests(graph: Graph, options: ScheduleOptions): Program {
  const session = new Session(options);
  const labels = new Set<string>();
  for (const b of [...parameterBuffers(graph), ...resultBuffers(graph, options)]) {
    // A parameter's array goes by the argument's name where no other has it.
    const label = labelOf(b.name);
    const own = b.role === "parameter" && !options.reserved(label) && !labels.has(label);
    const given = own ? session.names.keep(label) : session.names.take(label);
    labels.add(given);
    session.buffers.set(b.name, { ...b, label: given });
  }
  const places = new Map<Node, Place>();
  for (const p of graph.parameters) {
    const { name, held } = p.attributes;
    places.set(p, held === "number" ? { kind: "number", name } : { kind: "buffer", buffer: name });
  }
  const ends = graph.outputs.map((output): End => {
    const { name, updates } = output;
    if (options.held(output) === "number") return { kind: "number", hint: name.split(".").join("_") };
    return { kind: "array", target: { buffer: updates ?? `result.${name}`, row: null } };
  });
  // What an array holds is the same in every shape.
  const delivered = graph.outputs.map((output, k): GraphOutput => {
    const isArray = ends[k].kind === "array" && output.updates === null;
    return isArray ? { ...output, node: behindShapes(output.node) } : output;
  });
  // A refused call writes nothing of the caller's: what loops deliver then waits for the end.
  const nodes = topological(delivered.map((o) => o.node)) as readonly AnyNode[];
  const direct = new Map<Node, string>();
  if (!hasChecks(nodes)) {
    for (const [k, { node, updates }] of delivered.entries()) {
      const end = ends[k];
      const isResult = is(node, "loop_result") || is(node, "concat");
      if (end.kind === "array" && updates === null && isResult && node.shape.length > 0)
        direct.set(node, end.target.buffer);
    }
  }
  const { steps, numbers } = scheduleSteps(session, { ...graph, outputs: delivered }, ends, places, direct);
  const outputs = graph.outputs.map(({ name, node, updates }, k): ProgramOutput => {
    const end = ends[k];
    if (end.kind === "number") return { name, kind: "number", value: numbers[k] ?? "", element: node.element };
    return { name, kind: updates === null ? "array" : "update", buffer: end.target.buffer };
  });
  const parameters = graph.parameters.map((p) => p.attributes.name);
  return { parameters, buffers: [...session.buffers.values()], steps, outputs, arena: planMemory(session.lives()) };
}
