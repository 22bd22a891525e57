/** grad, jvp, jacobian, hessian and hvp: requests in the graph, which differentiation replaces. */
import type { Expression } from "../1-parse/ast.ts";
import { printShape, shapesEqual } from "../ir/dim.ts";
import { is, topological } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { matchArguments, type CallExpression, type Given } from "./calls.ts";
import type { Checker } from "./checker.ts";
import { describe, describeType, toReal, toTensor } from "./conversions.ts";
import { evaluate } from "./expressions.ts";
import { dottedName, memberOf, nameValue, type DerivativeOperator } from "./names.ts";
import { elementKey } from "./marks.ts";
import type { Scope } from "./scope.ts";
import { faulty, tensor, type Value } from "./value.ts";

const withDirection: ReadonlySet<DerivativeOperator> = new Set(["jvp", "hvp"]);
const ofScalars: ReadonlySet<DerivativeOperator> = new Set(["grad", "hessian", "hvp"]);

export function derivativeCall(c: Checker, scope: Scope, e: CallExpression, operator: DerivativeOperator): Value {
  const names = withDirection.has(operator) ? ["y", "x", "v"] : ["y", "x"];
  // The name is looked up, not evaluated: it must be one.
  const unread = e.arguments.map(({ value }): Given => ({ value: faulty, expression: value }));
  const bound = matchArguments(
    c,
    e,
    unread,
    names.map((name) => ({ name, optional: false })),
  );
  if (bound === null) return faulty;
  const [of, by, along] = bound;
  if (of === null || by === null) return faulty;
  const y = primal(c, scope, operator, of.expression);
  const x = variable(c, scope, operator, by.expression);
  const v =
    along == null ? null : toTensor(c, evaluate(c, scope, along.expression), along.expression.span, "the direction");
  if (y === null || x === null || (along != null && v === null)) return faulty;
  const direction = v === null ? null : toReal(c, v.node);
  if (along != null && direction !== null && !shapesEqual(direction.shape, x.node.shape)) {
    const args = { operator, name: x.name, wanted: printShape(x.node.shape), found: printShape(direction.shape) };
    return c.fault("direction-shape", args, along.expression.span);
  }
  if (!topological([y]).includes(x.node)) {
    const { start, end, source } = of.expression.span;
    const text = source.text.slice(start, end);
    const value = text.length <= 30 && !text.includes("\n") ? `\`${text}\`` : "this";
    c.fault("derivative-is-zero", { value, name: x.name }, e.span);
  }
  return tensor(request(c, operator, y, x.node, direction));
}

function request(c: Checker, operator: DerivativeOperator, y: Node, x: Node, v: Node | null): Node {
  const { builder } = c;
  const gradient = (): Node => builder.create("gradient", [y, x], {});
  switch (operator) {
    case "grad":
      return gradient();
    case "jacobian":
      return builder.create("jacobian", [y, x], { batch: 0 });
    case "hessian":
      return builder.create("jacobian", [gradient(), x], { batch: 0 });
    case "jvp":
      return builder.create("jvp", v === null ? [y, x] : [y, x, v], {});
    case "hvp":
      return builder.create("jvp", v === null ? [gradient(), x] : [gradient(), x, v], {});
  }
}

/** What is differentiated: reals, and a scalar where the operator wants one. */
function primal(c: Checker, scope: Scope, operator: DerivativeOperator, e: Expression): Node | null {
  const y = toTensor(c, evaluate(c, scope, e), e.span, `\`${operator}\``);
  if (y === null) return null;
  if (ofScalars.has(operator) && y.node.shape.length > 0) {
    const help = "`jacobian(y, x)` differentiates a tensor";
    c.fault("gradient-of-tensor", { what: "this", shape: printShape(y.node.shape) }, e.span, { help });
    return null;
  }
  if (y.node.element === "bool") {
    c.fault("gradient-of-integers", { what: "this", type: describeType(y.node) }, e.span);
    return null;
  }
  return toReal(c, y.node);
}

/** How to differentiate by a part of what `name` holds, written as `part`. */
function elementHelp(operator: DerivativeOperator, name: string, part: string): string {
  const whole =
    operator === "grad" ? `choose from the whole gradient: \`grad(y, ${name})${part.slice(name.length)}\`; ` : "";
  return `${whole}give it a name, \`u = ${part}\`, and write what is differentiated with \`u\`; or subscript by indices: \`[b < batch] -> ${operator}(f(x[b]), x[b])\``;
}

/** The name differentiated by: its definition is a mark, or a parameter of the graph. */
function variable(
  c: Checker,
  scope: Scope,
  operator: DerivativeOperator,
  e: Expression,
): { readonly name: string; readonly node: Node } | null {
  let at = e;
  while (at.kind === "group") at = at.body;
  const key = elementKey(at);
  if (key !== null && scope.withElement(key) !== null) {
    const element = evaluate(c, scope, at);
    if (element.kind === "tensor" && is(element.node, "mark")) return { name: key, node: element.node };
    if (element.kind === "faulty") return null;
  }
  const whole = at.kind === "subscript" ? dottedName(at.object) : null;
  if (whole !== null) {
    const { source, start, end } = at.span;
    const help = elementHelp(operator, whole.join("."), source.text.slice(start, end));
    c.fault("derivative-by-expression", { operator }, e.span, { help });
    return null;
  }
  const parts = dottedName(at);
  if (parts === null || (at.kind === "member" && at.member.text === "T" && memberOf(c, scope, at) === null)) {
    const help = "give it a name of its own, above: `u = ...`";
    c.fault("derivative-by-expression", { operator }, e.span, { help });
    return null;
  }
  const name = parts.join(".");
  const value = at.kind === "name" ? nameValue(c, scope, at.name, at.span) : evaluate(c, scope, at);
  if (value.kind === "faulty") return null;
  const differentiable = value.kind === "tensor" && value.node.element === "real";
  if (!differentiable || (value.node.primitive !== "mark" && value.node.primitive !== "parameter")) {
    const found = differentiable ? "a const" : describe(value);
    c.fault("derivative-by-foreign-name", { operator, name, found }, at.span);
    return null;
  }
  return { name, node: value.node };
}
