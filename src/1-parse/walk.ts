/** Ways through the tree that cost no stack. */
import type {
  Argument,
  BinaryOperator,
  Block,
  Expression,
  Item,
  Parameter,
  Statement,
  Subscript,
  TypeExpression,
} from "./ast.ts";
import type { Span } from "../diagnostics/diagnostic.ts";

export type Node = Item | Statement | Block | Expression | Parameter | TypeExpression | Argument | Subscript;

/** One more operand of a chain, with the operator in front of it. */
export interface Link {
  readonly operator: BinaryOperator;
  readonly operatorSpan: Span;
  readonly right: Expression;
  /** The whole expression up to and with `right`. */
  readonly node: Expression & { readonly kind: "binary" };
}

/**
 * The left spine of an expression: `((a + b) - c) * d` as a, then `+ b`, `- c`, `* d`. A sum of 10,000 terms is as many nodes deep on its
 * left and legal, so whoever walks expressions walks spines in a loop and recurses only into `first` and the `right`s, whose depth the
 * nesting limit bounds. For an expression that is not binary `links` is empty.
 */
export function leftSpine(expression: Expression): { readonly first: Expression; readonly links: readonly Link[] } {
  const links: Link[] = [];
  let first = expression;
  while (first.kind === "binary") {
    links.push({ operator: first.operator, operatorSpan: first.operatorSpan, right: first.right, node: first });
    first = first.left;
  }
  return { first, links: links.reverse() };
}

/** The nodes directly inside one, in the order of the text. */
export function childrenOf(node: Node): readonly Node[] {
  if (!("kind" in node)) return childrenOfPart(node);
  switch (node.kind) {
    case "import":
    case "number":
    case "constant":
    case "text":
    case "name":
      return [];
    case "derive":
      return node.parameters ?? [];
    case "fn":
    case "layer":
    case "initializer":
    case "optimizer":
      return [...node.parameters, node.body];
    case "model":
      return [node.body];
    case "const":
    case "let":
    case "hyper":
    case "next":
    case "use":
    case "loss":
    case "metric":
    case "train":
      return [node.value];
    case "output":
      return present(node.value);
    case "return":
      return node.values;
    case "input":
    case "target":
      return present(node.type);
    case "param":
    case "state":
      return present(node.type, node.initial);
    case "group":
      return [node.body];
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "call":
      return node.arguments;
    case "member":
      return [node.object];
    case "subscript":
      return [node.object, ...node.subscripts];
    case "list":
      return node.elements;
    case "if":
      return [node.condition, node.then, node.else];
    case "map": {
      const body = node.body.kind === "expression" ? node.body.value : node.body.block;
      return [...node.indices.flatMap(({ from, to }) => present(from, to)), body];
    }
    case "for":
    case "scan":
      return [node.from, node.to, ...present(node.max), ...node.carries.map(({ initial }) => initial), node.body];
    case "while":
      return [node.condition, ...present(node.max), ...node.carries.map(({ initial }) => initial), node.body];
    case "repeat":
      return [node.count, ...node.carries.map(({ initial }) => initial), node.body];
    case "at":
      return [node.index];
    case "slice":
      return present(node.start, node.stop, node.step);
  }
}

function childrenOfPart(node: Block | Parameter | TypeExpression | Argument): readonly Node[] {
  if ("statements" in node) return node.statements;
  if ("dims" in node) return [...present(node.bound), ...node.dims];
  if ("default" in node) return present(node.type, node.default);
  return [node.value];
}

function present(...nodes: readonly (Node | null)[]): Node[] {
  return nodes.filter((node) => node !== null);
}
