/** What is legal and most likely a mistake. */
import { constantValue, topological } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import type { Checker } from "./checker.ts";
import type { ModelParameter, ModelUnit } from "./model-unit.ts";

/**
 * Warns of a hidden layer whose units all start equal: a matrix that is constant at the start and whose outputs are multiplied by
 * matrices that are constant too. Then all units get the same gradient, in every step.
 */
export function lintEqualUnits(c: Checker, model: ModelUnit, loss: Node): void {
  const trained = [...model.parameters.values()].filter(({ frozen, shape }) => !frozen && shape.length >= 1);
  const nodes = topological([loss]);
  // Draws (dropout) tell units apart.
  if (nodes.some(({ primitive }) => primitive === "random")) return;
  for (const parameter of trained) {
    if (!isConstant(parameter) || parameter.shape.length < 2 || (parameter.shape.at(-1) ?? 0) < 2) continue;
    const next = readers(nodes, parameter, trained);
    if (next.length > 0 && next.every(isConstant)) c.fault("equal-units", { path: parameter.path }, parameter.span);
  }
}

function isConstant({ initial }: ModelParameter): boolean {
  return initial !== null && constantValue(initial) !== null;
}

/** Parameters that multiply, in a contraction, what `parameter` has gone into. */
function readers(
  nodes: readonly Node[],
  parameter: ModelParameter,
  trained: readonly ModelParameter[],
): ModelParameter[] {
  const reached = new Set<Node>([parameter.node]);
  for (const node of nodes) if (node.operands.some((operand) => reached.has(operand))) reached.add(node);
  const found: ModelParameter[] = [];
  for (const node of nodes) {
    if (node.primitive !== "contract") continue;
    for (const [k, operand] of node.operands.entries()) {
      const reader = trained.find((other) => other !== parameter && other.node === source(operand));
      if (reader !== undefined && reached.has(node.operands[1 - k])) found.push(reader);
    }
  }
  return found;
}

/** The parameter behind identities and movements. */
function source(node: Node): Node {
  let at = node;
  while (at.primitive === "mark" || at.primitive === "transpose" || at.primitive === "reshape") at = at.operands[0];
  return at;
}
