/** The kinds of syntax and the public names that a file's tree holds, by name. */
import type * as ast from "../../src/1-parse/ast.ts";
import { childrenOf, type Node } from "../../src/1-parse/walk.ts";
import { publicCall, signatureOf, type NameSpace } from "./signatures.ts";

/** The nodes of the tree, by kind. */
export type SyntaxKind =
  | `item ${ast.Item["kind"]}`
  | `statement ${ast.Statement["kind"]}`
  | `expression ${ast.Expression["kind"]}`
  | `subscript ${ast.Subscript["kind"]}`
  | `unary ${ast.UnaryOperator}`
  | `binary ${ast.BinaryOperator}`
  | `type ${ast.TypeExpression["element"]}`
  | `constant ${Extract<ast.Expression, { kind: "constant" }>["name"]}`
  | `comment ${ast.Comment["kind"]}`;

/** What the grammar leaves open inside a node. */
export type Detail =
  | "import as"
  | "several imports"
  | "doc comment"
  | "body of one expression"
  | "body of statements"
  | "parameter without a type"
  | "parameter with a default"
  | "parameter with a type and a default"
  | "leading dims"
  | "leading dims alone"
  | "dims computed"
  | "derive with shapes"
  | "derive by some names"
  | "derive none"
  | "several targets"
  | "discarded target"
  | "several results"
  | "frozen"
  | "param without initial value"
  | "param with an expression"
  | "state with a type"
  | "output of a name"
  | "named loss"
  | "named argument"
  | "slice from"
  | "slice to"
  | "slice step"
  | "slice by a dim"
  | "several subscripts"
  | "subscript by a list"
  | "nested list"
  | "several carries"
  | "definitions in a loop"
  | "loop in a loop"
  | "number with a point in front"
  | "number with a point behind"
  | "number with _"
  | "number with an exponent"
  | "if as an operand"
  | "if in a condition"
  | "keyword as a name"
  | "name that is not ASCII"
  | `derive ${"value" | "gradient" | "jvp" | "jacobian" | "hessian" | "hvp" | "sparse_jacobian" | "sparse_hessian"}`
  | `operator ${"grad" | "jvp" | "jacobian" | "hessian" | "hvp"}`
  | "operator by a member";

export interface Found {
  readonly syntax: ReadonlySet<SyntaxKind | Detail>;
  /** As `publicCalls` spells them. */
  readonly calls: ReadonlySet<string>;
}

const contextual = new Set(["input", "index", "target", "train", "param", "state", "next", "output", "loss", "metric", "max", "hyper", "from", "frozen", "carry", "yield", "bool", "as"]); // prettier-ignore
const operators = new Set(["grad", "jvp", "jacobian", "hessian", "hvp"]);

class Finder {
  readonly syntax = new Set<SyntaxKind | Detail>();
  readonly calls = new Set<string>();
  /** Names of the user's items and definitions, which hide the language's own. */
  readonly #own: ReadonlySet<string>;

  constructor(own: ReadonlySet<string>) {
    this.#own = own;
  }

  #if(condition: boolean, detail: Detail): void {
    if (condition) this.syntax.add(detail);
  }

  name(text: string): void {
    this.#if(contextual.has(text), "keyword as a name");
    this.#if(/[^\p{ASCII}]/u.test(text), "name that is not ASCII");
  }

  item(item: ast.Item): void {
    this.syntax.add(`item ${item.kind}`);
    if (item.kind === "import") {
      this.#if(
        item.names.some(({ as }) => as !== null),
        "import as",
      );
      this.#if(item.names.length > 1, "several imports");
    } else if (item.kind === "derive") {
      this.#if(item.parameters !== null, "derive with shapes");
      for (const { name, arguments: by } of item.wanted) {
        this.#if(by !== null, "derive by some names");
        this.syntax.add(`derive ${name.text as "value" | "none"}` as Detail);
      }
    } else if (item.kind !== "const") this.#if(item.doc !== null, "doc comment");
    if ("shorthand" in item) this.syntax.add(item.shorthand ? "body of one expression" : "body of statements");
    this.#walk(item);
  }

  #walk(top: Node): void {
    const pending: { readonly node: Node; readonly inLoop: boolean }[] = [{ node: top, inLoop: false }];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const { node } = at;
      this.#node(node, at.inLoop);
      const inLoop = at.inLoop || ("kind" in node && node.kind === "repeat");
      for (const child of childrenOf(node)) pending.push({ node: child, inLoop });
    }
  }

  #node(node: Node, inLoop: boolean): void {
    if ("statements" in node) for (const s of node.statements) this.#statement(s, inLoop);
    else if ("default" in node) this.#parameter(node);
    else if ("dims" in node) this.#type(node);
    else if ("kind" in node) {
      if (node.kind === "at" || node.kind === "slice") this.#subscript(node);
      else if (expressionKinds.has(node.kind)) this.#expression(node as ast.Expression, inLoop);
    } else this.#if(node.name !== null, "named argument");
  }

  #parameter({ name, type, default: preset }: ast.Parameter): void {
    this.name(name.text);
    this.#if(type === null, "parameter without a type");
    this.#if(preset !== null, type === null ? "parameter with a default" : "parameter with a type and a default");
  }

  #type({ element, leading, dims }: ast.TypeExpression): void {
    this.syntax.add(`type ${element}`);
    this.#if(leading, dims.length === 0 ? "leading dims alone" : "leading dims");
    this.#if(
      dims.some((d) => d.kind !== "name" && d.kind !== "number"),
      "dims computed",
    );
  }

  #statement(s: ast.Statement, inLoop: boolean): void {
    this.syntax.add(`statement ${s.kind}`);
    if ("name" in s && s.name !== null) this.name(s.name.text);
    switch (s.kind) {
      case "let":
        this.#if(s.targets.length > 1, "several targets");
        this.#if(
          s.targets.some(({ text }) => text === "_"),
          "discarded target",
        );
        this.#if(inLoop, "definitions in a loop");
        for (const { text } of s.targets) this.name(text);
        break;
      case "return":
        this.#if(s.values.length > 1, "several results");
        break;
      case "param":
      case "state":
        this.#if(s.frozen, "frozen");
        this.#if(s.initial === null, "param without initial value");
        this.#if(s.kind === "state" && s.type !== null, "state with a type");
        if (s.kind === "param" && s.initial !== null) this.#initial(s.initial);
        break;
      case "output":
        this.#if(s.value === null, "output of a name");
        break;
      case "loss":
        this.#if(s.name !== null, "named loss");
        break;
      case "train":
        if (s.value.kind === "call") this.#call("optimizers", s.value.callee.text, s.value.arguments);
        break;
      default:
    }
  }

  #initial(e: ast.Expression): void {
    const [name, args] = e.kind === "name" ? [e.name, []] : e.kind === "call" ? [e.callee.text, e.arguments] : [null, []]; // prettier-ignore
    const isList = args.at(0)?.value.kind === "list";
    if (name !== null && !isList && !this.#own.has(name) && signatureOf(name, "initializers") !== null)
      this.#call("initializers", name, args);
    else this.syntax.add("param with an expression");
  }

  #subscript(s: ast.Subscript): void {
    this.syntax.add(`subscript ${s.kind}`);
    if (s.kind === "at") {
      this.#if(s.index.kind === "list", "subscript by a list");
      return;
    }
    this.#if(s.start !== null, "slice from");
    this.#if(s.stop !== null, "slice to");
    this.#if(s.step !== null, "slice step");
    this.#if(
      [s.start, s.stop].some((e) => e !== null && e.kind !== "number" && e.kind !== "unary"),
      "slice by a dim",
    );
  }

  #expression(e: ast.Expression, inLoop: boolean): void {
    this.syntax.add(`expression ${e.kind}`);
    switch (e.kind) {
      case "number":
        this.#if(e.text.startsWith("."), "number with a point in front");
        this.#if(/\.$/u.test(e.text), "number with a point behind");
        this.#if(e.text.includes("_"), "number with _");
        this.#if(/e/iu.test(e.text), "number with an exponent");
        break;
      case "constant":
        this.syntax.add(`constant ${e.name}`);
        break;
      case "unary":
        this.syntax.add(`unary ${e.operator}`);
        break;
      case "binary":
        this.syntax.add(`binary ${e.operator}`);
        this.#if(e.right.kind === "if", "if as an operand");
        break;
      case "call":
        this.#call("functions", e.callee.text, e.arguments);
        if (operators.has(e.callee.text)) {
          this.syntax.add(`operator ${e.callee.text}` as Detail);
          this.#if(e.arguments.at(1)?.value.kind === "member", "operator by a member");
        }
        break;
      case "subscript":
        this.#if(e.subscripts.length > 1, "several subscripts");
        break;
      case "list":
        this.#if(
          e.elements.some(({ kind }) => kind === "list"),
          "nested list",
        );
        break;
      case "if":
        this.#if(withoutGroups(e.condition).kind === "if", "if in a condition");
        break;
      case "repeat":
        this.#if(e.carries.length > 1, "several carries");
        this.#if(inLoop, "loop in a loop");
        break;
      default:
    }
  }

  #call(space: NameSpace, name: string, args: readonly ast.Argument[]): void {
    const signature = this.#own.has(name) ? null : signatureOf(name, space);
    if (signature === null) return;
    this.calls.add(publicCall(space, name));
    args.forEach((argument, k) => {
      const parameter =
        argument.name === null ? signature.at(k) : signature.find((p) => p.name === argument.name?.text);
      if (parameter?.optional === true) this.calls.add(publicCall(space, name, parameter.name));
    });
  }
}

function withoutGroups(e: ast.Expression): ast.Expression {
  let at = e;
  while (at.kind === "group") at = at.body;
  return at;
}

const expressionKinds: ReadonlySet<string> = new Set<ast.Expression["kind"]>(["number", "constant", "text", "name", "group", "unary", "binary", "call", "member", "subscript", "list", "if", "map", "for", "scan", "while", "repeat"]); // prettier-ignore

/** What a file's tree holds. */
export function syntaxOf(file: ast.File): Found {
  const own = file.items.flatMap((item) => ("name" in item ? [item.name.text] : []));
  const finder = new Finder(new Set(own));
  for (const item of file.items) finder.item(item);
  for (const { kind } of file.comments) finder.syntax.add(`comment ${kind}`);
  return finder;
}
