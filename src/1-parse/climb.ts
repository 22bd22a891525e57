/** Precedence: the flat `operand (operator operand)*` of the grammar becomes a tree. */
import { SyntaxFault, fault } from "./fault.ts";
import type { BinaryOperator, Expression, UnaryOperator } from "./ast.ts";
import type { Span } from "../diagnostics/diagnostic.ts";

export interface FlatOperator {
  readonly operator: BinaryOperator;
  readonly span: Span;
}
export interface FlatUnary {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly span: Span;
}
/** `if c then a else` or `[i < n] ->`: takes all that follows in the chain; `wrap` builds the node around it. */
export interface FlatReach {
  readonly kind: "reach";
  readonly wrap: (body: Expression) => Expression;
}
export interface FlatOperand {
  readonly prefixes: readonly (FlatUnary | FlatReach)[];
  readonly value: Expression;
}
export interface Flat {
  readonly operands: readonly FlatOperand[];
  /** One fewer than operands. */
  readonly operators: readonly FlatOperator[];
}

/** Binding strength: language.md, "Expressions, loosest first". */
const strength: Readonly<Record<BinaryOperator, number>> = {
  or: 2,
  and: 3,
  ...{ "==": 5, "!=": 5, "<": 5, "<=": 5, ">": 5, ">=": 5 },
  ...{ "+": 6, "-": 6 },
  ...{ "*": 7, "/": 7, "@": 7 },
  "^": 9,
};
const unaryStrength: Readonly<Record<UnaryOperator, number>> = { not: 4, "-": 8 };
const comparison = 5;

/** The strength of an expression's outermost operator; what is no operator binds tightest. */
export function strengthOf(expression: Expression): number {
  if (expression.kind === "binary") return strength[expression.operator];
  if (expression.kind === "unary") return unaryStrength[expression.operator];
  return 10;
}

export function isComparison(operator: BinaryOperator): boolean {
  return strength[operator] === comparison;
}

/**
 * The tree of a flat chain. A loop over the chain, so that its length costs no stack.
 *
 * @throws SyntaxFault where comparisons chain, or `not` stands under a tighter operator.
 */
export function climb(flat: Flat): Expression {
  const { operators } = flat;
  const operands = [...flat.operands];
  // From the right: the last prefix form takes the chain behind it, and the result is the operand it stood at.
  let end = operands.length;
  for (let last = operands.length - 1; last >= 0; last--) {
    const operand = operands[last];
    if (!operand.prefixes.some(({ kind }) => kind === "reach")) continue;
    const prefixes = [...operand.prefixes];
    let signs: FlatUnary[] = [];
    let { value } = operand;
    for (let prefix = prefixes.pop(); prefix !== undefined; prefix = prefixes.pop()) {
      if (prefix.kind === "unary") {
        signs.push(prefix);
        continue;
      }
      const tail = [{ prefixes: signs.reverse(), value }, ...operands.slice(last + 1, end)];
      value = prefix.wrap(climbPlain(tail, operators.slice(last, end - 1)));
      signs = [];
      end = last + 1;
    }
    operands[last] = { prefixes: signs.reverse(), value };
  }
  return climbPlain(operands.slice(0, end), operators.slice(0, end - 1));
}

type Pending = (FlatOperator & { readonly kind: "binary" }) | FlatUnary;

/** Operator-precedence parsing with two stacks (Dijkstra's shunting yard); no operand has a prefix form. */
function climbPlain(operands: readonly FlatOperand[], operators: readonly FlatOperator[]): Expression {
  const values: Expression[] = [];
  const pending: Pending[] = [];

  const take = (): Expression => {
    const value = values.pop();
    if (value === undefined) throw new Error("internal: an operator without operand");
    return value;
  };
  const reduce = (entry: Pending): void => {
    const right = take();
    if (entry.kind === "unary") {
      const span = { source: entry.span.source, start: entry.span.start, end: right.span.end };
      values.push({ kind: "unary", operator: entry.operator, operatorSpan: entry.span, operand: right, span });
      return;
    }
    const left = take();
    const span = { source: entry.span.source, start: left.span.start, end: right.span.end };
    values.push({ kind: "binary", operator: entry.operator, operatorSpan: entry.span, left, right, span });
  };
  const reduceFor = (next: FlatOperator): void => {
    const incoming = strength[next.operator];
    for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
      const bound = top.kind === "unary" ? unaryStrength[top.operator] : strength[top.operator];
      if (bound < incoming || (bound === incoming && next.operator === "^")) return;
      pending.pop();
      if (bound === comparison && incoming === comparison && top.kind === "binary") throw chained(top, next, take());
      reduce(top);
    }
  };

  for (const [index, operand] of operands.entries()) {
    if (index > 0) {
      const operator = operators[index - 1];
      reduceFor(operator);
      pending.push({ ...operator, kind: "binary" });
    }
    for (const prefix of operand.prefixes) {
      if (prefix.kind === "reach") continue;
      const top = pending.at(-1);
      if (prefix.operator === "not" && top !== undefined) checkNot(top, prefix);
      pending.push(prefix);
    }
    values.push(operand.value);
  }
  for (let top = pending.pop(); top !== undefined; top = pending.pop()) reduce(top);
  return take();
}

function chained(first: FlatOperator, second: FlatOperator, middle: Expression): SyntaxFault {
  const text = middle.span.source.text.slice(middle.span.start, middle.span.end);
  const help =
    text.length < 40 && !text.includes("\n")
      ? `write \`... ${first.operator} ${text} and ${text} ${second.operator} ...\``
      : "join comparisons with `and`";
  const related = [{ span: first.span, label: "the first comparison" }];
  return new SyntaxFault(
    fault("comparison-chain", second.span, [{ first: first.operator, second: second.operator }], help, related),
  );
}

function checkNot(left: Pending, not: FlatUnary): void {
  const bound = left.kind === "unary" ? unaryStrength[left.operator] : strength[left.operator];
  if (bound <= unaryStrength.not) return;
  throw new SyntaxFault(fault("misplaced-not", not.span, [{ operator: left.operator }], "write `(not ...)`"));
}
