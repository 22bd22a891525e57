/** AST -> readable text: `--print ast`. */
import { strengthOf } from "./climb.ts";
import { group, hard, join, line, nest, render } from "./layout.ts";
import { leftSpine } from "./walk.ts";
import type { Block, Expression, File, Item, Name, Parameter, Statement, Subscript, TypeExpression } from "./ast.ts";
import type { Layout } from "./layout.ts";

const width = 100;

/**
 * The tree of a file as parenthesised lists: `(let d (2 * b))`. Operators stand between their operands, with parentheses around every
 * level of precedence; the user's own parentheses are `(group ...)`, an absent part is `-`.
 */
export function printAst(file: File): string {
  return file.items.map((item) => `${render(printItem(item), width)}\n`).join("");
}

/** `(head part part ...)`, on one line if it fits. */
function list(head: string, ...parts: readonly Layout[]): Layout {
  return group(`(${head}`, nest(parts.map((part) => [line, part])), ")");
}

function printItem(item: Item): Layout {
  switch (item.kind) {
    case "import": {
      const names = item.names.map(({ name, as }) => (as === null ? name.text : `(${name.text} as ${as.text})`));
      return list("import", `"${item.path}"`, ...names);
    }
    case "const":
      return list(`const ${item.name.text}`, expression(item.value));
    case "model":
      return block(`model ${item.name.text}`, item.body);
    case "derive": {
      const wanted = item.wanted.map(({ name, arguments: names }) =>
        names === null ? name.text : list(name.text, ...names.map(({ text }) => text)),
      );
      const parameters = item.parameters === null ? [] : [list("parameters", ...item.parameters.map(parameter))];
      return list(`derive ${item.target.text}`, ...parameters, ...wanted);
    }
    case "fn":
    case "layer":
    case "initializer":
    case "optimizer": {
      const head = `${item.kind} ${item.name.text}`;
      return block(head, item.body, [list("parameters", ...item.parameters.map(parameter))]);
    }
  }
}

/** A block: a statement a line. */
function block(head: string, { statements }: Block, before: readonly Layout[] = []): Layout {
  const start = before.map((part): Layout => [" ", part]);
  return [`(${head}`, start, nest(statements.map((entry) => [hard, statement(entry)])), ")"];
}

function parameter({ name, type, default: value }: Parameter): Layout {
  if (type === null && value === null) return name.text;
  return list(
    name.text,
    ...(type === null ? [] : [printType(type)]),
    ...(value === null ? [] : [["= ", expression(value)]]),
  );
}

function printType({ element, bound, leading, dims }: TypeExpression): Layout {
  const head = bound === null ? element : ["(", element, " ", expression(bound), ")"];
  return group("[", join([head, ...(leading ? ["..."] : []), ...dims.map(expression)], " "), "]");
}

function statement(entry: Statement): Layout {
  switch (entry.kind) {
    case "let":
      return list(`let ${names(entry.targets)}`, expression(entry.value));
    case "return":
      return list("return", ...entry.values.map(expression));
    case "const":
    case "hyper":
    case "next":
    case "use":
    case "metric":
      return list(`${entry.kind} ${entry.name.text}`, expression(entry.value));
    case "input":
    case "target":
      return list(`${entry.kind} ${entry.name.text}`, ...(entry.type === null ? [] : [printType(entry.type)]));
    case "param":
    case "state": {
      const head = `${entry.frozen ? "frozen " : ""}${entry.kind} ${entry.name.text}`;
      return list(head, entry.type === null ? "-" : printType(entry.type), optional(entry.initial));
    }
    case "output":
      return list(`output ${entry.name.text}`, optional(entry.value));
    case "loss":
      return list(entry.name === null ? "loss" : `loss ${entry.name.text}`, expression(entry.value));
    case "train":
      return list("train", expression(entry.value));
  }
}

function names(list: readonly Name[]): string {
  return list.map(({ text }) => text).join(" ");
}

function optional(value: Expression | null): Layout {
  return value === null ? "-" : expression(value);
}

function expression(value: Expression): Layout {
  switch (value.kind) {
    case "number":
      return value.text;
    case "constant":
    case "name":
      return value.name;
    case "text":
      return `"${value.value}"`;
    case "group":
      return list("group", expression(value.body));
    case "unary":
      return list(value.operator, expression(value.operand));
    case "binary":
      return chain(value);
    case "call": {
      const parts = value.arguments.map(({ name, value: argument }): Layout => {
        return name === null ? expression(argument) : [`${name.text} = `, expression(argument)];
      });
      return list(`call ${value.callee.text}`, ...parts);
    }
    case "member":
      return list("member", expression(value.object), value.member.text);
    case "subscript":
      return list("subscript", expression(value.object), ...value.subscripts.map(subscript));
    case "list":
      return list("list", ...value.elements.map(expression));
    case "if":
      return list("if", expression(value.condition), expression(value.then), expression(value.else));
    case "map": {
      const indices = value.indices.map(({ name, from, to }) => list(name.text, optional(from), expression(to)));
      const { body } = value;
      if (body.kind === "block") return block("map", body.block, indices);
      return list("map", ...indices, expression(body.value));
    }
    case "for":
    case "scan": {
      const range = [expression(value.from), expression(value.to)];
      const yields = value.yields.length === 0 ? [] : [`(yield ${names(value.yields)})`];
      const parts = [...range, ...carries(value.carries), ...yields, ...max(value.max)];
      return block(`${value.kind} ${value.index.text}`, value.body, parts);
    }
    case "while":
      return block("while", value.body, [expression(value.condition), ...carries(value.carries), ...max(value.max)]);
    case "repeat":
      return block(`repeat ${value.index.text}`, value.body, [expression(value.count), ...carries(value.carries)]);
  }
}

/** Operands of one strength with their operators between them: `(a + b - c)`. */
function chain(value: Expression): Layout {
  const { first, links } = leftSpine(value);
  const strength = strengthOf(value);
  let tighter = 0;
  while (tighter < links.length && strengthOf(links[tighter].node) > strength) tighter++;
  const head = expression(tighter === 0 ? first : links[tighter - 1].node);
  const rest = links.slice(tighter).map(({ operator, right }): Layout => [line, `${operator} `, expression(right)]);
  return group("(", nest(head, rest), ")");
}

function subscript(part: Subscript): Layout {
  if (part.kind === "at") return expression(part.index);
  return list("slice", optional(part.start), optional(part.stop), optional(part.step));
}

function carries(list: readonly { readonly name: Name; readonly initial: Expression }[]): Layout[] {
  return list.map(({ name, initial }) => [`(carry ${name.text} `, expression(initial), ")"]);
}

function max(value: Expression | null): Layout[] {
  return value === null ? [] : [["(max ", expression(value), ")"]];
}
