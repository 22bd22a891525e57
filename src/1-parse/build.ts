/** Parse nodes of items and statements -> AST. */
import { ExpressionBuilder } from "./build-expression.ts";
import { child, listed, listedOptional, optional } from "./cst.ts";
import { endsValue } from "./tokens.ts";
import type { Node } from "ohm-js";
import type { Block, Expression, Item, Name, Parameter, Statement, TypeExpression } from "./ast.ts";
import type { Built, Cst } from "./cst.ts";
import type { Segment } from "./segments.ts";

/** Statements that may follow another on its line, since nothing else starts with their word there. */
const sameLine: ReadonlySet<string> = new Set(["next", "state", "return"]);

export class ItemBuilder {
  private readonly cst: Cst;
  private readonly expressions: ExpressionBuilder;

  constructor(cst: Cst) {
    this.cst = cst;
    this.expressions = new ExpressionBuilder(cst, (node) => this.block(node));
  }

  /**
   * The item that a match of the rule `item` found.
   *
   * @throws SyntaxFault for what only the tree shows to be wrong.
   */
  item(root: Node, doc: string | null): Item {
    const node = child(root, 0);
    const span = this.cst.span(node);
    switch (node.ctorName) {
      case "import": {
        const names = listed(child(node, 2), child(node, 4)).map((imported) => {
          const as = optional(child(imported, 2));
          return { name: this.cst.name(child(imported, 0)), as: as === null ? null : this.cst.name(as) };
        });
        const text = child(node, 8);
        const path = this.cst.token(this.cst.firstIndex(text)).text.slice(1, -1);
        return { kind: "import", names, path, pathSpan: this.cst.span(text), span };
      }
      case "const":
        return { kind: "const", ...this.bound(node), doc, span };
      case "model":
        return { kind: "model", name: this.cst.name(child(node, 1)), body: this.block(child(node, 2)), doc, span };
      case "derive": {
        const parameters = optional(child(node, 2));
        const wanted = listed(child(node, 4), child(node, 6)).map((entry) => ({
          name: this.cst.name(child(entry, 0)),
          arguments: this.wantedArguments(entry),
        }));
        return {
          kind: "derive",
          target: this.cst.name(child(node, 1)),
          parameters: parameters === null ? null : this.parameters(parameters),
          wanted,
          span,
        };
      }
      default: {
        const kind = child(node, 0).sourceString as "fn" | "layer" | "initializer" | "optimizer";
        const body = child(child(node, 3), 0);
        const shorthand = body.ctorName === "initial";
        return {
          kind,
          name: this.cst.name(child(node, 1)),
          parameters: this.parameters(child(node, 2)),
          body: shorthand ? this.shorthandBody(child(body, 1)) : this.block(body),
          shorthand,
          doc,
          span,
        };
      }
    }
  }

  /** What a match of a segment's rule found. */
  segment(root: Node, rule: Exclude<Segment["rule"], "item">): Built {
    switch (rule) {
      case "statements":
        return { statements: this.statements(root) };
      case "expression":
        return { expression: this.expressions.expression(root) };
      case "argumentList":
        return { argumentList: this.expressions.argumentList(root) };
      case "elementList":
        return { elementList: this.expressions.elementList(root) };
      case "subscriptList":
        return { subscriptList: this.expressions.subscriptList(root) };
    }
  }

  private wantedArguments(entry: Node): readonly Name[] | null {
    if (optional(child(entry, 1)) === null) return null;
    const first = child(child(entry, 2), 0);
    return [first, ...child(child(entry, 4), 0).children].map((name) => this.cst.name(name));
  }

  private parameters(node: Node): readonly Parameter[] {
    return listedOptional(node, 1).map((parameter) => ({
      name: this.cst.name(child(parameter, 0)),
      type: this.annotation(child(parameter, 1)),
      default: this.initial(child(parameter, 2)),
      span: this.cst.span(parameter),
    }));
  }

  private annotation(node: Node): TypeExpression | null {
    const annotation = optional(node);
    return annotation === null ? null : this.type(child(child(annotation, 1), 0));
  }

  private initial(node: Node): Expression | null {
    const initial = optional(node);
    return initial === null ? null : this.expressions.expression(child(initial, 1));
  }

  private type(node: Node): TypeExpression {
    const span = this.cst.span(node);
    const scalar = node.ctorName === "type_scalar";
    const elementNode = scalar ? child(node, 0) : optional(child(node, 0));
    const inner = elementNode === null ? null : child(elementNode, 0);
    const isIndex = inner?.ctorName === "element_index";
    const element = inner === null ? "real" : isIndex ? "index" : "bool";
    const bound = isIndex ? this.expressions.expression(child(inner, 2)) : null;
    const dims = scalar ? null : optional(child(node, 2));
    if (dims === null) return { element, bound, leading: false, dims: [], span };
    const list = child(dims, 0);
    const leading = list.ctorName === "dims_leading";
    const nodes = leading ? child(list, 2).children : listed(child(list, 0), child(list, 2));
    return { element, bound, leading, dims: nodes.map((dim) => this.expressions.expression(dim)), span };
  }

  private shorthandBody(node: Node): Block {
    if (this.cst.token(this.cst.firstIndex(node)).text === "{") {
      const { start } = this.cst.span(node);
      const span = { source: this.cst.source, start, end: start + 1 };
      this.cst.fail("misplaced-block", span, [], "leave out the `=` before it");
    }
    const value = this.expressions.expression(node);
    return { statements: [{ kind: "return", values: [value], span: value.span }], span: value.span };
  }

  private block(node: Node): Block {
    return { statements: this.statements(child(node, 1)), span: this.cst.span(node) };
  }

  private statements(node: Node): readonly Statement[] {
    const inner = child(node, 0);
    if (inner.ctorName === "statements_hole") return this.cst.hole(inner, "statements");
    return child(inner, 0).children.map((separated) => {
      const statement = child(child(separated, 1), 0);
      this.checkStart(statement);
      return this.statement(statement);
    });
  }

  /** A statement starts on a new line, after `{` or after `;`. */
  private checkStart(node: Node): void {
    const index = this.cst.firstIndex(node);
    const token = this.cst.token(index);
    const before = this.cst.token(index - 1);
    if (token.newline || !endsValue(before) || sameLine.has(node.ctorName)) return;
    if (node.ctorName === "valued" && sameLine.has(token.text)) return;
    const span = { source: this.cst.source, start: token.start, end: token.end };
    const help = `start a new line, or write \`;\` before \`${token.text}\``;
    this.cst.fail("statement-on-same-line", span, [{ found: `\`${token.text}\`` }], help);
  }

  private statement(node: Node): Statement {
    const span = this.cst.span(node);
    switch (node.ctorName) {
      case "let": {
        const targets = listed(child(node, 0), child(node, 2)).map((target) => this.cst.name(target));
        return { kind: "let", targets, value: this.expressions.expression(child(node, 4)), span };
      }
      case "return": {
        const values = listed(child(node, 1), child(node, 3)).map((value) => this.expressions.expression(value));
        return { kind: "return", values, span };
      }
      case "const":
        return { kind: "const", ...this.bound(node), span };
      case "valued":
        return { kind: child(node, 0).sourceString as "hyper" | "next" | "use" | "metric", ...this.bound(node), span };
      case "entry": {
        const kind = child(node, 0).sourceString as "input" | "target";
        return { kind, name: this.cst.name(child(node, 1)), type: this.annotation(child(node, 2)), span };
      }
      case "param":
        return {
          kind: "param",
          frozen: optional(child(node, 0)) !== null,
          name: this.cst.name(child(node, 2)),
          type: this.annotation(child(node, 3)),
          initial: this.initial(child(node, 4)),
          span,
        };
      case "state":
        return {
          kind: "state",
          frozen: false,
          name: this.cst.name(child(node, 1)),
          type: this.annotation(child(node, 2)),
          initial: this.initial(child(node, 3)),
          span,
        };
      case "output":
        return { kind: "output", name: this.cst.name(child(node, 1)), value: this.initial(child(node, 2)), span };
      case "loss": {
        const name = optional(child(node, 1));
        const value = this.expressions.expression(child(node, 2));
        return { kind: "loss", name: name === null ? null : this.cst.name(child(name, 0)), value, span };
      }
      case "train":
        return { kind: "train", value: this.expressions.expression(child(node, 1)), span };
      default:
        throw new Error(`internal: no statement ${node.ctorName}`);
    }
  }

  /** `word name = value`. */
  private bound(node: Node): { readonly name: Name; readonly value: Expression } {
    return { name: this.cst.name(child(node, 1)), value: this.expressions.expression(child(node, 3)) };
  }
}
