/** How `derive fmt` writes expressions and types. */
import { strengthOf } from "./climb.ts";
import { bracketed, group, join, line, nest } from "./layout.ts";
import { leftSpine } from "./walk.ts";
import type { Argument, Block, Expression, Subscript, TypeExpression } from "./ast.ts";
import type { Layout } from "./layout.ts";
import type { Link } from "./walk.ts";

/** Writes a block; comments are its business. */
export type BlockWriter = (block: Block) => Layout;

export function writeExpression(expression: Expression, block: BlockWriter): Layout {
  const write = (inner: Expression): Layout => writeExpression(inner, block);
  switch (expression.kind) {
    case "number":
      return expression.text;
    case "constant":
    case "name":
      return expression.name;
    case "text":
      return `"${expression.value}"`;
    case "group":
      return group("(", nest(write(expression.body)), ")");
    case "unary":
      return writeUnary(expression, write);
    case "binary":
      return writeChain(expression, write);
    case "call":
      return [
        expression.callee.text,
        bracketed(
          "(",
          expression.arguments.map((argument) => writeArgument(argument, write)),
          ")",
        ),
      ];
    case "member":
    case "subscript":
      return writePostfix(expression, write);
    case "list":
      return bracketed("[", expression.elements.map(write), "]");
    case "if":
      return writeIf(expression, write);
    case "map": {
      const indices = expression.indices.map(({ name, from, to }) => [
        ...(from === null ? [] : [write(from), " <= "]),
        name.text,
        " < ",
        write(to),
      ]);
      const { body } = expression;
      const head = [bracketed("[", indices, "]"), " ->"];
      return body.kind === "block" ? [head, " ", block(body.block)] : [head, group(nest(line, write(body.value)))];
    }
    case "for":
    case "scan":
      return [
        `${expression.kind} ${expression.index.text} in `,
        [write(expression.from), " : ", write(expression.to)],
        writeCarries(expression.carries, write),
        ...(expression.yields.length === 0 ? [] : [` yield ${expression.yields.map(({ text }) => text).join(", ")}`]),
        ...(expression.max === null ? [] : [" max ", write(expression.max)]),
        [" ", block(expression.body)],
      ];
    case "while":
      return [
        ["while ", write(expression.condition)],
        writeCarries(expression.carries, write),
        ...(expression.max === null ? [] : [" max ", write(expression.max)]),
        [" ", block(expression.body)],
      ];
    case "repeat":
      return [
        [`repeat ${expression.index.text} < `, write(expression.count)],
        writeCarries(expression.carries, write),
        [" ", block(expression.body)],
      ];
  }
}

/** A type, as it stands behind `:`. */
export function writeType(type: TypeExpression, block: BlockWriter): Layout {
  const write = (inner: Expression): Layout => writeExpression(inner, block);
  const element = type.element === "real" ? [] : [type.element];
  const bound = type.bound === null ? [] : ["(", write(type.bound), ")"];
  const dims = [...(type.leading ? ["..."] : []), ...type.dims.map(write)];
  const scalar = dims.length === 0 && type.element !== "real";
  return [...element, ...bound, ...(scalar ? [] : [bracketed("[", dims, "]")])];
}

/** `else if` arms stand below each other. */
function writeIf(expression: Expression, write: Write): Layout {
  const arms: Layout[] = [];
  let rest = expression;
  while (rest.kind === "if") {
    const { condition, then } = rest;
    if (arms.length === 0) arms.push(["if ", nest(write(condition))], nest(line, "then ", write(then)));
    else arms.push(nest(line, "else ", group("if ", write(condition), nest(line, "then ", write(then)))));
    rest = rest.else;
  }
  return group(arms, nest(line, "else ", write(rest)));
}

type Write = (expression: Expression) => Layout;

/** Signs in front of each other are as deep in the tree: a loop, for they may be many. */
function writeUnary(expression: Expression, write: Write): Layout {
  const signs: string[] = [];
  let inner = expression;
  while (inner.kind === "unary") {
    signs.push(inner.operator === "-" ? "-" : "not ");
    inner = inner.operand;
  }
  return [signs.join(""), write(inner)];
}

/** Links of one strength are a chain that breaks before its operators; what is tighter is a chain inside of it. */
function writeChain(expression: Expression, write: Write): Layout {
  const { first, links } = leftSpine(expression);
  const strength = strengthOf(expression);
  let tighter = 0;
  while (tighter < links.length && strengthOf(links[tighter].node) > strength) tighter++;
  const head = tighter === 0 ? write(first) : write(links[tighter - 1].node);
  const chain = links.slice(tighter);
  if (chain[0].operator === "^") return [head, chain.map(({ right }) => ["^", write(right)])];
  const rest = (link: Link): Layout => [line, `${link.operator} `, write(link.right)];
  return group(head, nest(chain.map(rest)));
}

function writePostfix(expression: Expression, write: Write): Layout {
  const suffixes: Layout[] = [];
  let inner = expression;
  while (inner.kind === "member" || inner.kind === "subscript") {
    suffixes.push(
      inner.kind === "member"
        ? `.${inner.member.text}`
        : bracketed(
            "[",
            inner.subscripts.map((subscript) => writeSubscript(subscript, write)),
            "]",
          ),
    );
    inner = inner.object;
  }
  return [write(inner), suffixes.reverse()];
}

function writeSubscript(subscript: Subscript, write: Write): Layout {
  if (subscript.kind === "at") return write(subscript.index);
  const part = (expression: Expression | null): Layout => (expression === null ? "" : write(expression));
  const step = subscript.step === null ? [] : [":", write(subscript.step)];
  return [part(subscript.start), ":", part(subscript.stop), ...step];
}

function writeArgument(argument: Argument, write: Write): Layout {
  return argument.name === null ? write(argument.value) : [`${argument.name.text} = `, write(argument.value)];
}

function writeCarries(
  carries: readonly { readonly name: { readonly text: string }; readonly initial: Expression }[],
  write: Write,
): Layout {
  if (carries.length === 0) return "";
  const entries = carries.map(({ name, initial }): Layout => [`${name.text} = `, write(initial)]);
  return [" carry ", group(nest(join(entries, [",", line])))];
}
