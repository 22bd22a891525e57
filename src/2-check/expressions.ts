/** Expressions -> values: dims at compile time, graph nodes otherwise. */
import type { Expression } from "../1-parse/ast.ts";
import { leftSpine } from "../1-parse/walk.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import { constant as dimConstant, printShape } from "../ir/dim.ts";
import { constant, transpose } from "../ir/expressions.ts";
import { ShapeFault } from "../ir/primitive.ts";
import { call } from "./calls.ts";
import { Silent, type Checker } from "./checker.ts";
import { isKnown } from "./constants.ts";
import { toTensor } from "./conversions.ts";
import type { Known } from "./index-facts.ts";
import { indexNotation } from "./index-notation.ts";
import { loop } from "./loops.ts";
import { memberOf, nameValue, resolveCallee } from "./names.ts";
import { binary, select, toBool, unary, type Operand } from "./operators.ts";
import { repeat } from "./repeat.ts";
import type { Scope } from "./scope.ts";
import { subscript } from "./subscripts.ts";
import { dimValue, faulty, flag, tensor, type TensorValue, type Value } from "./value.ts";

type Of<K extends Expression["kind"]> = Extract<Expression, { readonly kind: K }>;

/** The value of an expression. Faults are reported, and give the faulty value. */
export function evaluate(c: Checker, scope: Scope, e: Expression): Value {
  return guarded(c, e.span, () => valueOf(c, scope, e));
}

/** Runs an elaboration at `span`: what it throws about shapes and dims is reported there. */
export function guarded(c: Checker, span: Span, elaborate: () => Value): Value {
  return c.nested(span, () => {
    try {
      const value = c.tied(elaborate);
      if (value.kind === "tensor") {
        if (!c.checkSize(value.node, span)) return faulty;
        c.note(value, span);
      }
      return value;
    } catch (error) {
      if (error instanceof Silent) return faulty;
      if (error instanceof ShapeFault) return c.fault("shape-fault", { why: error.message }, span);
      if (error instanceof RangeError && !isStackOverflow(error)) {
        return c.fault("dim-too-large", { reason: error.message }, span);
      }
      throw error;
    }
  });
}

function isStackOverflow(error: RangeError): boolean {
  return /call stack/i.test(error.message);
}

function valueOf(c: Checker, scope: Scope, e: Expression): Value {
  switch (e.kind) {
    case "number":
      return numberValue(c, e);
    case "constant":
      return constantValueOf(c, e.name);
    case "text":
      return { kind: "text", value: e.value };
    case "name":
      return nameValue(c, scope, e.name, e.span);
    case "group":
      return evaluate(c, scope, e.body);
    case "unary":
      return unary(c, e.operator, { value: evaluate(c, scope, e.operand), expression: e.operand });
    case "binary":
      return chain(c, scope, e);
    case "call":
      return call(c, scope, e);
    case "member":
      return member(c, scope, e);
    case "subscript":
      return subscript(c, scope, e);
    case "list":
      return { kind: "list", elements: e.elements.map((element) => evaluate(c, scope, element)), span: e.span };
    case "if":
      return conditional(c, scope, e);
    case "repeat":
      return repeat(c, scope, e);
    case "map":
      return indexNotation(c, scope, e);
    case "for":
    case "scan":
    case "while":
      return loop(c, scope, e);
  }
}

function numberValue(c: Checker, e: Of<"number">): Value {
  if (/^[0-9_]+$/u.test(e.text) && Number.isSafeInteger(e.value)) return dimValue(dimConstant(e.value));
  return tensor(constant(c.builder, e.value));
}

function constantValueOf(c: Checker, name: Of<"constant">["name"]): Value {
  switch (name) {
    case "true":
      return flag(true);
    case "false":
      return flag(false);
    case "inf":
      return tensor(constant(c.builder, Infinity));
    case "nan":
      return tensor(constant(c.builder, NaN));
    case "pi":
      return tensor(constant(c.builder, Math.PI));
  }
}

/** `a + b - c + ...`, along its left spine in a loop: a sum of 10,000 terms costs no stack. */
function chain(c: Checker, scope: Scope, e: Of<"binary">): Value {
  const { first, links } = leftSpine(e);
  let left: Operand = { value: evaluate(c, scope, first), expression: first };
  for (const { operator, right, node } of links) {
    const of: Operand = { value: evaluate(c, scope, right), expression: right };
    const operand = left;
    const value = guarded(c, node.span, () => binary(c, scope, operator, operand, of, node.span));
    left = { value, expression: node };
  }
  return left.value;
}

/** A condition of dims, consts and literals decides here, and the other branch is not looked at. */
function conditional(c: Checker, scope: Scope, e: Of<"if">): Value {
  const branches: { readonly condition: TensorValue; readonly then: Operand; readonly span: Span }[] = [];
  const refused: Known[] = [];
  const within = (known: readonly Known[], branch: Expression): Value =>
    known.length === 0 ? evaluate(c, scope, branch) : c.indices.where(known, () => evaluate(c, scope, branch));
  let at: Expression = e;
  let last: Operand | null = null;
  const { undecided } = c.progress;
  const around = undecided.length;
  while (last === null) {
    if (at.kind !== "if") {
      last = { value: within(refused, at), expression: at };
      break;
    }
    const condition = toBool(c, within(refused, at.condition), at.condition.span, "`if`");
    if (condition === null) {
      if (c.untyped) for (const branch of [at.then, at.else]) evaluate(c, scope, branch);
      return faulty;
    }
    if (condition.kind === "flag") {
      c.progress.decided = true;
      if (condition.value) last = { value: within(refused, at.then), expression: at.then };
      else at = at.else;
      continue;
    }
    const test = toTensor(c, condition, at.condition.span);
    const then: Expression = at.then;
    undecided.push({ span: at.condition.span, ofDims: isKnown(condition) });
    const value = within(test === null ? refused : [...refused, { condition: test.node, holds: true }], then);
    if (test !== null) {
      branches.push({ condition: test, then: { value, expression: then }, span: at.span });
      refused.push({ condition: test.node, holds: false });
    }
    at = at.else;
  }
  undecided.length = around;
  let result = last;
  for (const { condition, then, span } of branches.reverse()) {
    const otherwise = result;
    const value = guarded(c, span, () => select(c, scope, condition, then, otherwise, span));
    result = { value, expression: e };
  }
  return result.value;
}

/** `h.W`, or `.T` of a matrix. */
function member(c: Checker, scope: Scope, e: Of<"member">): Value {
  const parameter = memberOf(c, scope, e);
  if (parameter !== null) return parameter;
  if (e.member.text !== "T") {
    const value = evaluate(c, scope, e.object);
    if (value.kind === "faulty") return faulty;
    const { start, end, source } = e.object.span;
    const object = source.text.slice(start, end);
    const member = e.member.text;
    const help =
      resolveCallee(c, scope.file, member) === null
        ? "`.T` transposes, and `h.W` is a parameter of the layers in the definition of `h`"
        : `write \`${member}(${object})\``;
    return c.fault("unknown-member", { object, member }, e.member.span, { help });
  }
  const x = toTensor(c, evaluate(c, scope, e.object), e.object.span, "`.T`");
  if (x === null) return faulty;
  if (x.node.shape.length < 2) {
    return c.fault("transpose-of-vector", { shape: printShape(x.node.shape) }, e.span, {
      help: x.node.shape.length === 1 ? "`expand(x, 0)` makes a row of it, `expand(x, 1)` a column" : null,
    });
  }
  return tensor(transpose(c.builder, x.node, [-1, -2]), x.bound);
}
