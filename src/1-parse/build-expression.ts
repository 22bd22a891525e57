/** Parse nodes of expressions -> AST. Recursion is bounded by the nesting of a segment. */
import { child, listed, listedOptional, optional } from "./cst.ts";
import { climb, isComparison } from "./climb.ts";
import type { Node } from "ohm-js";
import type { Argument, BinaryOperator, Block, Expression, Name, Subscript } from "./ast.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import type { Flat, FlatOperand, FlatReach, FlatUnary } from "./climb.ts";
import type { Cst } from "./cst.ts";

type MapExpression = Extract<Expression, { kind: "map" }>;
type MapIndex = MapExpression["indices"][number];
type ConstantName = Extract<Expression, { kind: "constant" }>["name"];
type Carry = Extract<Expression, { kind: "while" }>["carries"][number];

/** A block as it goes through the chain of an expression, until `->` takes it. */
interface BlockHolder {
  readonly block: Block;
}

export class ExpressionBuilder {
  protected readonly cst: Cst;
  private readonly buildBlock: (node: Node) => Block;
  /** Stands for a block where an expression is expected; only the body of `[...] ->` looks here. */
  private readonly blocks = new Map<Expression, BlockHolder>();

  constructor(cst: Cst, buildBlock: (node: Node) => Block) {
    this.cst = cst;
    this.buildBlock = buildBlock;
  }

  /** @throws SyntaxFault for what only the tree shows to be wrong. */
  expression(node: Node): Expression {
    const value = climb(this.flat(node));
    this.refuseBlock(value);
    return value;
  }

  argumentList(node: Node): readonly Argument[] {
    const inner = child(node, 0);
    if (inner.ctorName === "argumentList_hole") return this.cst.hole(inner, "argumentList");
    return listedOptional(inner).map((argument) => {
      const name = optional(child(argument, 0));
      return {
        name: name === null ? null : this.cst.name(child(name, 0)),
        value: this.expression(child(argument, 1)),
        span: this.cst.span(argument),
      };
    });
  }

  subscriptList(node: Node): readonly Subscript[] {
    const inner = child(node, 0);
    if (inner.ctorName === "subscriptList_hole") return this.cst.hole(inner, "subscriptList");
    return listed(child(inner, 0), child(inner, 2)).map((subscript) => this.subscript(child(subscript, 0)));
  }

  elementList(node: Node): readonly Expression[] {
    const inner = child(node, 0);
    if (inner.ctorName === "elementList_hole") return this.cst.hole(inner, "elementList");
    return listedOptional(inner).map((element) => this.expression(element));
  }

  private flat(node: Node): Flat {
    const operands = [child(node, 0), ...child(node, 2).children].map((operand) => this.operand(operand));
    const operators = child(node, 1).children.map((operator) => ({
      operator: operator.sourceString as BinaryOperator,
      span: this.cst.span(operator),
    }));
    for (const [index, operand] of operands.entries()) {
      // A block ends its chain: nothing may be added to it.
      if (operators.length > 0 && (index < operators.length || operand.prefixes.length === 0))
        this.refuseBlock(operand.value);
    }
    return { operands, operators };
  }

  private operand(node: Node): FlatOperand {
    const prefixes = child(node, 0).children.map((prefix): FlatUnary | FlatReach => this.prefix(child(prefix, 0)));
    const primary = child(child(node, 1), 0);
    const last = prefixes.at(-1);
    if (primary.ctorName === "block") {
      const value = this.blockValue(primary);
      if (last?.kind !== "reach") this.refuseBlock(value);
      return { prefixes, value };
    }
    return { prefixes, value: primary.ctorName === "loop" ? this.loop(child(primary, 0)) : this.postfix(primary) };
  }

  private prefix(node: Node): FlatUnary | FlatReach {
    const span = this.cst.span(node);
    if (node.ctorName === "minus") return { kind: "unary", operator: "-", span };
    if (node.ctorName === "map") return this.mapHead(node, span);
    if (node.ctorName === "if") {
      const condition = this.expression(child(node, 1));
      const then = this.expression(child(node, 3));
      return {
        kind: "reach",
        wrap: (body) => {
          this.refuseBlock(body);
          return { kind: "if", condition, then, else: body, span: this.cst.between(span, body.span) };
        },
      };
    }
    return { kind: "unary", operator: "not", span };
  }

  private mapHead(node: Node, span: Span): FlatReach {
    const list = child(child(node, 0), 1);
    const inner = child(list, 0);
    // Behind a hole the elements are expressions already: only the plain form `i < n` can be read back from those.
    const indices =
      inner.ctorName === "elementList_hole"
        ? this.cst.hole(inner, "elementList").map((element) => this.indexOfTree(element))
        : listedOptional(inner).map((element) => this.indexOf(element));
    if (indices.length === 0) this.failIndex(span);
    return {
      kind: "reach",
      wrap: (body) => {
        const block = this.blocks.get(body)?.block;
        return {
          kind: "map",
          indices,
          body: block === undefined ? { kind: "expression", value: body } : { kind: "block", block },
          span: this.cst.between(span, body.span),
        };
      },
    };
  }

  /** `i < n` or `1 <= i < n`. */
  private indexOf(node: Node): MapIndex {
    const flat = this.flat(node);
    const at = flat.operators.flatMap(({ operator }, index) => (isComparison(operator) ? [index] : []));
    const reach = flat.operands.some(({ prefixes }) => prefixes.some(({ kind }) => kind === "reach"));
    const first = at.at(0);
    const second = at.at(1);
    const span = this.cst.span(node);
    if (first === undefined || at.length > 2 || reach) return this.failIndex(span);
    const part = (from: number, to: number): Expression =>
      climb({ operands: flat.operands.slice(from, to + 1), operators: flat.operators.slice(from, to) });
    const operators = at.map((index) => flat.operators[index]?.operator).join(" ");
    const end = flat.operators.length;
    if (second === undefined) {
      const [left, right] = [part(0, first), part(first + 1, end)];
      if (operators === "<=") return this.failIndex(span, notReached(left, right));
      if (operators === ">") return this.failIndex(span, `write \`${textOf(right)} < ${textOf(left)}\``);
      if (operators !== "<") return this.failIndex(span);
      return { name: this.indexName(part(0, first), span), from: null, to: part(first + 1, end) };
    }
    if (operators === "<= <=") {
      return this.failIndex(span, notReached(part(first + 1, second), part(second + 1, end)));
    }
    if (operators !== "<= <") return this.failIndex(span);
    return { name: this.indexName(part(first + 1, second), span), from: part(0, first), to: part(second + 1, end) };
  }

  private indexOfTree(element: Expression): MapIndex {
    if (element.kind !== "binary" || element.operator !== "<") return this.failIndex(element.span);
    return { name: this.indexName(element.left, element.span), from: null, to: element.right };
  }

  private indexName(expression: Expression, span: Span): Name {
    if (expression.kind !== "name") return this.failIndex(span);
    return { text: expression.name, span: expression.span };
  }

  private failIndex(span: Span, help = "write `[i < n] -> ...` or `[1 <= i < n] -> ...`"): never {
    return this.cst.fail("index-form", span, [], help);
  }

  private postfix(node: Node): Expression {
    const atom = child(child(node, 0), 0);
    let value = this.atom(atom);
    for (const suffix of child(node, 1).children) {
      const span = this.cst.between(value.span, this.cst.span(suffix));
      value =
        suffix.ctorName === "member"
          ? { kind: "member", object: value, member: this.cst.name(child(suffix, 1)), span }
          : { kind: "subscript", object: value, subscripts: this.subscriptList(child(suffix, 1)), span };
    }
    return value;
  }

  private atom(node: Node): Expression {
    const span = this.cst.span(node);
    switch (node.ctorName) {
      case "named": {
        const name = this.cst.name(child(node, 0));
        const call = optional(child(node, 1));
        if (call === null) return { kind: "name", name: name.text, span };
        return { kind: "call", callee: name, arguments: this.argumentList(child(call, 1)), span };
      }
      case "repeatCall":
        return {
          kind: "call",
          callee: this.cst.name(child(node, 0)),
          arguments: this.argumentList(child(child(node, 1), 1)),
          span,
        };
      case "group": {
        const inner = child(node, 1);
        const body = inner.ctorName === "hole" ? this.cst.hole(inner, "expression") : this.expression(inner);
        return { kind: "group", body, span };
      }
      case "list":
        return { kind: "list", elements: this.elementList(child(node, 1)), span };
      case "constant":
        return { kind: "constant", name: node.sourceString as ConstantName, span };
      case "text":
        return { kind: "text", value: this.cst.token(this.cst.firstIndex(node)).text.slice(1, -1), span };
      default: {
        const { text } = this.cst.token(this.cst.firstIndex(node));
        return { kind: "number", value: Number(text.replaceAll("_", "")), text, span };
      }
    }
  }

  private subscript(node: Node): Subscript {
    const span = this.cst.span(node);
    const maybe = (part: Node | null): Expression | null => (part === null ? null : this.expression(part));
    // from: e (":" e? (":" e?)?)?     open: ":" e? (":" e?)?
    if (node.ctorName === "subscript_open") {
      const stop = maybe(optional(child(node, 1)));
      return { kind: "slice", start: null, stop, step: maybe(innerOptional(child(node, 3))), span };
    }
    const start = this.expression(child(node, 0));
    if (optional(child(node, 1)) === null) return { kind: "at", index: start, span };
    const stop = maybe(innerOptional(child(node, 2)));
    const step = maybe(innermostOptional(child(node, 4)));
    return { kind: "slice", start, stop, step, span };
  }

  private loop(node: Node): Expression {
    const span = this.cst.span(node);
    const word = node.ctorName === "loop_range" ? child(node, 0).sourceString : node.ctorName.slice("loop_".length);
    if (node.ctorName === "loop_while") {
      const { carries, max } = this.clauses(child(node, 2), word, ["carry", "max"]);
      const condition = this.expression(child(node, 1));
      return { kind: "while", condition, max, carries, body: this.buildBlock(child(node, 3)), span };
    }
    if (node.ctorName === "loop_repeat") {
      const { carries } = this.clauses(child(node, 4), word, ["carry"]);
      const index = this.cst.name(child(node, 1));
      const count = this.expression(child(node, 3));
      return { kind: "repeat", index, count, carries, body: this.buildBlock(child(node, 5)), span };
    }
    const kind = word === "scan" ? "scan" : "for";
    const allowed = kind === "scan" ? ["carry", "yield", "max"] : ["carry", "max"];
    const clauses = this.clauses(child(node, 6), word, allowed);
    const index = this.cst.name(child(node, 1));
    const from = this.expression(child(node, 3));
    const to = this.expression(child(node, 5));
    return { kind, index, from, to, ...clauses, body: this.buildBlock(child(node, 7)), span };
  }

  private clauses(
    node: Node,
    word: string,
    allowed: readonly string[],
  ): { carries: Carry[]; yields: Name[]; max: Expression | null } {
    const carries: Carry[] = [];
    const yields: Name[] = [];
    let max: Expression | null = null;
    const seen = new Set<string>();
    for (const clause of node.children) {
      const inner = child(clause, 0);
      const span = this.cst.span(child(inner, 0));
      const kind = inner.ctorName.slice("clause_".length);
      if (seen.has(kind)) this.cst.fail("repeated-clause", span, [{ clause: kind, word }]);
      if (!allowed.includes(kind)) {
        const help = kind === "yield" ? "`scan` stacks what it yields" : null;
        this.cst.fail("misplaced-clause", span, [{ clause: kind, word }], help);
      }
      seen.add(kind);
      if (kind === "max") max = this.expression(child(inner, 1));
      else if (kind === "yield")
        yields.push(...listed(child(inner, 1), child(inner, 3)).map((name) => this.cst.name(name)));
      else {
        for (const carry of listed(child(inner, 1), child(inner, 3))) {
          carries.push({ name: this.cst.name(child(carry, 0)), initial: this.expression(child(carry, 2)) });
        }
      }
    }
    return { carries, yields, max };
  }

  private blockValue(node: Node): Expression {
    const block = this.buildBlock(node);
    const value: Expression = { kind: "list", elements: [], span: block.span };
    this.blocks.set(value, { block });
    return value;
  }

  private refuseBlock(value: Expression): void {
    const holder = this.blocks.get(value);
    if (holder === undefined) return;
    const { start } = holder.block.span;
    this.cst.fail("misplaced-block", { source: this.cst.source, start, end: start + 1 }, []);
  }
}

/** `x` of `(":" x?)?`. */
function innerOptional(node: Node): Node | null {
  const inner = optional(node);
  return inner === null ? null : optional(inner);
}

/** `x` of `(... (":" x?)?)?`. */
function innermostOptional(node: Node): Node | null {
  const inner = optional(node);
  return inner === null ? null : innerOptional(inner);
}

/** The text of an expression. */
function textOf({ span: { source, start, end } }: Expression): string {
  return source.text.slice(start, end);
}

function notReached(index: Expression, bound: Expression): string {
  const [i, n] = [textOf(index), textOf(bound)];
  return `the bound is not reached: for \`${i} <= ${n}\` write \`${i} < ${n} + 1\``;
}
