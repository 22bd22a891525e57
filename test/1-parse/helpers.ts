import { parse } from "../../src/1-parse/parse.ts";
import type { Expression, File, Item, Statement } from "../../src/1-parse/ast.ts";
import type { Diagnostic, Span } from "../../src/diagnostics/diagnostic.ts";

/** The file of a text that must have no errors. */
export function parsed(text: string): File {
  const { file, diagnostics } = parse({ path: "test.nn", text });
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return file;
}

export function item<K extends Item["kind"]>(text: string, kind: K): Extract<Item, { kind: K }> {
  const found = parsed(text).items[0];
  if (found.kind !== kind) throw new Error(`found ${found.kind}`);
  return found as Extract<Item, { kind: K }>;
}

/** The statements of a model's body. */
export function statements(body: string): readonly Statement[] {
  return item(`model M {\n${body}\n}`, "model").body.statements;
}

export function expression(text: string): Expression {
  const [statement] = item(`fn f() = ${text}`, "fn").body.statements;
  if (statement.kind !== "return") throw new Error("no return");
  return statement.values[0];
}

/** A tree without spans. */
export function bare(tree: unknown): unknown {
  return JSON.parse(
    JSON.stringify(tree, (key: string, value: unknown) => (/^span$|Span$/.test(key) ? undefined : value)),
  );
}

export function sourceOf(span: Span): string {
  return span.source.text.slice(span.start, span.end);
}

export function diagnosticsOf(text: string): readonly Diagnostic[] {
  return parse({ path: "test.nn", text }).diagnostics;
}

/** An expression with parentheses around every operator, written from the tree. */
export function fullyParenthesised(tree: Expression): string {
  const write = fullyParenthesised;
  switch (tree.kind) {
    case "number":
      return tree.text;
    case "name":
    case "constant":
      return tree.name;
    case "group":
      return write(tree.body);
    case "unary":
      return `(${tree.operator === "not" ? "not " : "-"}${write(tree.operand)})`;
    case "binary":
      return `(${write(tree.left)} ${tree.operator} ${write(tree.right)})`;
    case "if":
      return `(if ${write(tree.condition)} then ${write(tree.then)} else ${write(tree.else)})`;
    case "map":
      return `(map ${tree.indices.map(({ name }) => name.text).join(" ")}: ${
        tree.body.kind === "expression" ? write(tree.body.value) : "{}"
      })`;
    case "member":
      return `${write(tree.object)}.${tree.member.text}`;
    case "subscript":
      return `${write(tree.object)}[]`;
    case "call":
      return `${tree.callee.text}(${tree.arguments.map(({ value }) => write(value)).join(", ")})`;
    default:
      return tree.kind;
  }
}
