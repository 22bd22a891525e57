/** Operators: on dims at compile time, else as graph nodes with NumPy's broadcasting. */
import type { BinaryOperator, Expression } from "../1-parse/ast.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import {
  add,
  constant as dimConstant,
  constantOf,
  decide,
  divideExact,
  equal,
  multiply,
  negate,
  print,
  printShape,
  subtract,
  type Dim,
} from "../ir/dim.ts";
import { broadcastTo, constant, constantValue, is, matmul, powInt } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import type { Checker } from "./checker.ts";
import {
  broadcastShapes,
  commonElement,
  describe,
  describeType,
  exactDim,
  ratioOf,
  toElement,
  toReal,
  toTensor,
} from "./conversions.ts";
import type { Scope } from "./scope.ts";
import { dimValue, faulty, flag, tensor, type Ratio, type TensorValue, type Value } from "./value.ts";

/** A value with the text that it came from. */
export interface Operand {
  readonly value: Value;
  readonly expression: Expression;
}

type Arithmetic = "+" | "-" | "*" | "/";
type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** The value of `left operator right`; the fault of an operand that does not fit stands at `span`. */
export function binary(
  c: Checker,
  scope: Scope,
  operator: BinaryOperator,
  left: Operand,
  right: Operand,
  span: Span,
): Value {
  if (left.value.kind === "faulty" || right.value.kind === "faulty") return faulty;
  switch (operator) {
    case "+":
    case "-":
    case "*":
    case "/":
      return arithmetic(c, scope, operator, left, right, span);
    case "^":
      return power(c, scope, left, right, span);
    case "@":
      return product(c, scope, left, right, span);
    case "and":
    case "or":
      return logical(c, scope, operator, left, right, span);
    default:
      return comparison(c, scope, operator, left, right, span);
  }
}

function arithmetic(c: Checker, scope: Scope, operator: Arithmetic, left: Operand, right: Operand, span: Span): Value {
  if (left.value.kind === "dim" && right.value.kind === "dim" && operator !== "/") {
    return dimValue(arithmeticOfDims(operator, left.value.dim, right.value.dim));
  }
  const operands = pair(c, scope, operator, left, right, span);
  if (operands === null) return faulty;
  const ratio = ratioArithmetic(operator, ratioOf(left.value), ratioOf(right.value));
  const result = arithmeticNode(c, operator, operands);
  return ratio === null ? tensor(result) : { ...tensor(result), ratio };
}

function arithmeticOfDims(operator: "+" | "-" | "*", a: Dim, b: Dim): Dim {
  return operator === "+" ? add(a, b) : operator === "-" ? subtract(a, b) : multiply(a, b);
}

const primitiveOf = { "+": "add", "-": "subtract", "*": "multiply", "/": "divide" } as const;

function arithmeticNode(c: Checker, operator: Arithmetic, [x, y]: readonly [Node, Node]): Node {
  const common = commonElement([x, y]);
  // Bools count as 0 and 1; division leaves the integers.
  const element = operator === "/" ? "real" : common === "bool" ? "index" : common;
  const [p, q] = [toElement(c, x, element), toElement(c, y, element)];
  const folded = foldConstants(p, q, (a, b) => evaluate(operator, a, b));
  if (folded !== null && (element === "real" || Number.isSafeInteger(folded)))
    return constant(c.builder, folded, element);
  return elementwise(c, primitiveOf[operator], p, q);
}

function evaluate(operator: Arithmetic, a: number, b: number): number {
  return operator === "+" ? a + b : operator === "-" ? a - b : operator === "*" ? a * b : a / b;
}

/** Arithmetic of literals and consts is done here, so that `if` can decide by it. */
function foldConstants(x: Node, y: Node, f: (a: number, b: number) => number): number | null {
  return is(x, "constant") && is(y, "constant") ? f(x.attributes.value, y.attributes.value) : null;
}

function elementwise(
  c: Checker,
  primitive: "add" | "subtract" | "multiply" | "divide" | "power" | "equal" | "less" | "less_equal" | "and" | "or",
  x: Node,
  y: Node,
): Node {
  const shape = broadcastShapes(x.shape, y.shape) ?? x.shape;
  return c.builder.create(primitive, [broadcastTo(c.builder, x, shape), broadcastTo(c.builder, y, shape)], {});
}

/** Fractions of dims, so that `(n - k) / 2 + 1` can stand in a shape. */
function ratioArithmetic(operator: Arithmetic, a: Ratio | null, b: Ratio | null): Ratio | null {
  if (a === null || b === null) return null;
  switch (operator) {
    case "*":
      return reduced(multiply(a.numerator, b.numerator), multiply(a.denominator, b.denominator));
    case "/":
      if (equal(b.numerator, dimConstant(0))) return null;
      return reduced(multiply(a.numerator, b.denominator), multiply(a.denominator, b.numerator));
    case "+":
    case "-":
      return reduced(
        arithmeticOfDims(operator, multiply(a.numerator, b.denominator), multiply(b.numerator, a.denominator)),
        multiply(a.denominator, b.denominator),
      );
  }
}

function reduced(numerator: Dim, denominator: Dim): Ratio {
  const exact = divideExact(numerator, denominator);
  return exact === null ? { numerator, denominator } : { numerator: exact, denominator: dimConstant(1) };
}

/** Both operands as tensors whose shapes broadcast; null after a fault. */
function pair(
  c: Checker,
  scope: Scope,
  operator: BinaryOperator,
  left: Operand,
  right: Operand,
  span: Span,
): readonly [Node, Node] | null {
  const x = toTensor(c, left.value, left.expression.span, `\`${operator}\``);
  const y = toTensor(c, right.value, right.expression.span, `\`${operator}\``);
  if (x === null || y === null) return null;
  if (broadcastShapes(x.node.shape, y.node.shape) === null) {
    c.fault("shapes-differ", { operator, left: printShape(x.node.shape), right: printShape(y.node.shape) }, span, {
      related: [whence(scope, left, x), whence(scope, right, y)],
    });
    return null;
  }
  return [x.node, y.node];
}

/** Where an operand's shape comes from: the definition of a name, else the operand itself. */
export function whence(scope: Scope, operand: Operand, value: TensorValue): { span: Span; label: string } {
  let { expression } = operand;
  while (expression.kind === "group") expression = expression.body;
  const shape = printShape(value.node.shape);
  if (expression.kind === "name") {
    const binding = scope.find(expression.name);
    if (binding !== null) return { span: binding.span, label: `\`${expression.name}\` is ${shape} here` };
  }
  return { span: expression.span, label: `this is ${shape}` };
}

function power(c: Checker, scope: Scope, left: Operand, right: Operand, span: Span): Value {
  const exponent = right.value.kind === "dim" ? constantOf(right.value.dim) : null;
  if (left.value.kind === "dim" && exponent !== null && exponent >= 0 && exponent <= 64) {
    let result = dimConstant(1);
    for (let k = 0; k < exponent; k++) result = multiply(result, left.value.dim);
    return dimValue(result);
  }
  const operands = pair(c, scope, "^", left, right, span);
  if (operands === null) return faulty;
  const x = toReal(c, operands[0]);
  const y = toReal(c, operands[1]);
  const folded = foldConstants(x, y, Math.pow);
  if (folded !== null) return tensor(constant(c.builder, folded));
  if (exponent !== null && Math.abs(exponent) <= maxExponent) return tensor(powInt(c.builder, x, exponent));
  return tensor(elementwise(c, "power", x, y));
}

/** Exponents past this are not worth exactness; they are ordinary powers. */
const maxExponent = 2 ** 31 - 1;

function product(c: Checker, scope: Scope, left: Operand, right: Operand, span: Span): Value {
  const x = toTensor(c, left.value, left.expression.span, "`@`");
  const y = toTensor(c, right.value, right.expression.span, "`@`");
  if (x === null || y === null) return faulty;
  const [p, q] = [x.node.shape, y.node.shape];
  if (p.length === 0 || q.length === 0) {
    const side = p.length === 0 ? "left" : "right";
    return c.fault("product-of-scalar", { side }, span, { help: "`*` multiplies by a scalar" });
  }
  const related = [whence(scope, left, x), whence(scope, right, y)];
  const inner = p[p.length - 1];
  const outer = q[Math.max(0, q.length - 2)];
  const lead = broadcastShapes(p.slice(0, -2), q.slice(0, -2));
  if (!equal(inner, outer) || lead === null) {
    const [a, b] = equal(inner, outer)
      ? [printShape(p.slice(0, -2)), printShape(q.slice(0, -2))]
      : [print(inner), print(outer)];
    return c.fault("product-shapes", { left: printShape(p), right: printShape(q), inner: a, outer: b }, span, {
      related,
    });
  }
  return tensor(matmul(c.builder, toReal(c, x.node), toReal(c, y.node)));
}

function comparison(c: Checker, scope: Scope, operator: Comparison, left: Operand, right: Operand, span: Span): Value {
  const known = knownComparison(operator, left.value, right.value);
  if (known !== null) {
    c.progress.decided = true;
    return flag(known);
  }
  const operands = pair(c, scope, operator, left, right, span);
  if (operands === null) return faulty;
  const common = commonElement(operands);
  const [x, y] = operands.map((node) => toElement(c, node, common === "bool" ? "index" : common));
  switch (operator) {
    case "==":
      return tensor(elementwise(c, "equal", x, y));
    case "!=":
      return tensor(c.builder.create("not", [elementwise(c, "equal", x, y)], {}));
    case "<":
      return tensor(elementwise(c, "less", x, y));
    case "<=":
      return tensor(elementwise(c, "less_equal", x, y));
    case ">":
      return tensor(elementwise(c, "less", y, x));
    case ">=":
      return tensor(elementwise(c, "less_equal", y, x));
  }
}

/** What is decided at compile time: comparisons of dims, literals and consts. */
function knownComparison(operator: Comparison, left: Value, right: Value): boolean | null {
  const [a, b] = [exactDim(left), exactDim(right)];
  if (a !== null && b !== null) return compareDims(operator, a, b);
  const equality = operator === "==" || operator === "!=";
  if (equality && isPlain(left) && isPlain(right)) {
    const same =
      left.kind === right.kind &&
      (left.kind === "all" || ("value" in left && "value" in right && left.value === right.value));
    return same === (operator === "==");
  }
  // `axis == all` where a number or list is given.
  if (equality && (left.kind === "all" || right.kind === "all")) return operator === "!=";
  const x = numberOf(left);
  const y = numberOf(right);
  return x === null || y === null ? null : compareNumbers(operator, x, y);
}

function isPlain(value: Value): value is Extract<Value, { kind: "flag" | "text" | "all" }> {
  return value.kind === "flag" || value.kind === "text" || value.kind === "all";
}

/** The number that a literal or const is. */
export function numberOf(value: Value): number | null {
  if (value.kind === "dim") return constantOf(value.dim);
  return value.kind === "tensor" && value.node.shape.length === 0 ? constantValue(value.node) : null;
}

function compareDims(operator: Comparison, left: Dim, right: Dim): boolean | null {
  const one = dimConstant(1);
  switch (operator) {
    case "==":
      return decide({ left, relation: "==", right });
    case "!=": {
      const same = decide({ left, relation: "==", right });
      return same === null ? null : !same;
    }
    case "<":
      return decide({ left: right, relation: ">=", right: add(left, one) });
    case "<=":
      return decide({ left: right, relation: ">=", right: left });
    case ">":
      return decide({ left, relation: ">=", right: add(right, one) });
    case ">=":
      return decide({ left, relation: ">=", right });
  }
}

function compareNumbers(operator: Comparison, x: number, y: number): boolean {
  switch (operator) {
    case "==":
      return x === y;
    case "!=":
      return x !== y;
    case "<":
      return x < y;
    case "<=":
      return x <= y;
    case ">":
      return x > y;
    case ">=":
      return x >= y;
  }
}

function logical(c: Checker, scope: Scope, operator: "and" | "or", left: Operand, right: Operand, span: Span): Value {
  for (const [side, other] of [
    [left, right],
    [right, left],
  ]) {
    if (side.value.kind !== "flag") continue;
    // `true and x` is x, `false and x` is false.
    if (side.value.value !== (operator === "and")) return side.value;
    return toBool(c, other.value, other.expression.span, `\`${operator}\``) ?? faulty;
  }
  const x = toBool(c, left.value, left.expression.span, `\`${operator}\``);
  const y = toBool(c, right.value, right.expression.span, `\`${operator}\``);
  if (x === null || y === null) return faulty;
  const operands = pair(c, scope, operator, { ...left, value: x }, { ...right, value: y }, span);
  return operands === null ? faulty : tensor(elementwise(c, operator, ...operands));
}

/** A flag or bool tensor; null after a fault. */
export function toBool(c: Checker, value: Value, span: Span, what: string): Value | null {
  if (value.kind === "faulty") return null;
  if (value.kind === "flag" || (value.kind === "tensor" && value.node.element === "bool")) return value;
  c.fault("bool-wanted", { what, found: describe(value) }, span, { help: "compare it, as in `x != 0`" });
  return null;
}

/** `-x` and `not x`. */
export function unary(c: Checker, operator: "-" | "not", operand: Operand): Value {
  const { value, expression } = operand;
  if (value.kind === "faulty") return faulty;
  if (operator === "not") {
    const condition = toBool(c, value, expression.span, "`not`");
    if (condition === null) return faulty;
    if (condition.kind === "flag") return flag(!condition.value);
    return condition.kind === "tensor" ? tensor(c.builder.create("not", [condition.node], {})) : faulty;
  }
  if (value.kind === "dim") return dimValue(negate(value.dim));
  const x = toTensor(c, value, expression.span, "`-`");
  if (x === null) return faulty;
  const node = x.node.element === "bool" ? toElement(c, x.node, "index") : x.node;
  if (is(node, "constant")) return tensor(constant(c.builder, -node.attributes.value, node.element));
  const result = tensor(c.builder.create("negate", [node], {}));
  const ratio = ratioOf(value);
  return ratio === null ? result : { ...result, ratio: { ...ratio, numerator: negate(ratio.numerator) } };
}

/** `if condition then a else b` of tensors: elementwise. */
export function select(
  c: Checker,
  scope: Scope,
  condition: TensorValue,
  then: Operand,
  otherwise: Operand,
  span: Span,
): Value {
  const x = toTensor(c, then.value, then.expression.span, "`then`");
  const y = toTensor(c, otherwise.value, otherwise.expression.span, "`else`");
  if (x === null || y === null) return faulty;
  const branches = broadcastShapes(x.node.shape, y.node.shape);
  if (branches === null) {
    return c.fault(
      "shapes-differ",
      { operator: "if", left: printShape(x.node.shape), right: printShape(y.node.shape) },
      span,
      { related: [whence(scope, then, x), whence(scope, otherwise, y)] },
    );
  }
  const shape = broadcastShapes(condition.node.shape, branches);
  if (shape === null) {
    return c.fault(
      "shapes-differ",
      { operator: "if", left: printShape(condition.node.shape), right: printShape(branches) },
      span,
      { related: [{ span, label: `the condition is ${describeType(condition.node)}` }] },
    );
  }
  const element = commonElement([x.node, y.node]);
  const nodes = [condition.node, toElement(c, x.node, element), toElement(c, y.node, element)];
  return tensor(
    c.builder.create(
      "select",
      nodes.map((node) => broadcastTo(c.builder, node, shape)),
      {},
    ),
  );
}
