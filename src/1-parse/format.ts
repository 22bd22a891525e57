/** AST -> text: `derive fmt`. */
import { writeExpression, writeType } from "./format-expression.ts";
import { bracketed, group, hard, join, line, nest, render } from "./layout.ts";
import { childrenOf } from "./walk.ts";
import type { Block, Comment, Expression, File, Item, Parameter, Statement, TypeExpression } from "./ast.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import type { Layout } from "./layout.ts";
import type { Node } from "./walk.ts";

const width = 100;
/** Stands in front of a comment at the end of a line until comments are aligned. No source has it outside of comments and texts. */
const mark = "\u0000";

/**
 * The canonical text of a file: two blanks of indentation, a statement a line, lines of at most 100 columns where there is a place to break
 * them, single blank lines where the source has any. Comments stay where they are; one inside of a statement moves to the line above it.
 * Formatting the result again changes nothing, and its tree is the same but for spans. The file must be without syntax errors.
 */
export function format(file: File): string {
  return alignComments(render(new Formatter(file).file(), width));
}

/** A statement or item among its neighbours. */
interface Entry {
  readonly span: Span;
  readonly layout: Layout;
  /** Keeps a blank line from its neighbours in any case. */
  readonly apart: boolean;
}

class Formatter {
  private readonly source: File;

  constructor(source: File) {
    this.source = source;
  }

  file(): Layout {
    const { text } = this.source.source;
    const entries = this.source.items.map((item): Entry => {
      const apart = item.kind === "model" || ("shorthand" in item && !item.shorthand);
      return { span: item.span, layout: [this.inner(item, item.span), this.item(item)], apart };
    });
    const lines = this.sequence(entries, 0, text.length);
    return lines.length === 0 ? "" : [lines, hard];
  }

  private readonly block = (block: Block): Layout => {
    const { start, end } = block.span;
    const entries = block.statements.map((statement): Entry => {
      return {
        span: statement.span,
        layout: [this.inner(statement, statement.span), this.statement(statement)],
        apart: false,
      };
    });
    const lines = this.sequence(entries, start + 1, end - 1);
    return lines.length === 0 ? "{}" : ["{", nest(lines), hard, "}"];
  };

  /**
   * Entries and the comments between them, a line each. Inside of a block every line, also the first, has a line end in front, and a
   * comment behind `{` stays there.
   */
  private sequence(entries: readonly Entry[], from: number, to: number): Layout[] {
    const out: Layout[] = [];
    const inBlock = from > 0;
    let end = from;
    let first = true;
    let apart = false;
    const add = (span: Span, layout: Layout, wantsBlank: boolean, mayHaveBlank: boolean): void => {
      const gap = this.source.source.text.slice(end, span.start);
      const blank = !first && mayHaveBlank && (wantsBlank || hasBlankLine(gap));
      out.push(...(first && !inBlock ? [] : [hard]), ...(blank ? [hard] : []), layout);
      end = span.end;
      first = false;
    };
    const addComments = (before: number, next: Entry | null): void => {
      let wantsBlank = apart || next?.apart === true;
      let mayHaveBlank = true;
      for (const comment of this.comments(end, before)) {
        const gap = this.source.source.text.slice(end, comment.span.start);
        const trailing =
          comment.kind !== "doc" && !/[\n\r\u2028\u2029]/.test(gap + comment.text) && (inBlock || !first);
        if (trailing && (inBlock || out.length > 0)) {
          out.push({ kind: "aside", text: mark + comment.text.trimEnd() });
          end = comment.span.end;
        } else {
          add(comment.span, comment.text.trimEnd(), wantsBlank, mayHaveBlank);
          wantsBlank = false;
          mayHaveBlank = comment.kind !== "doc";
        }
      }
      if (next !== null) add(next.span, next.layout, wantsBlank, mayHaveBlank);
      apart = next?.apart === true;
    };
    for (const entry of entries) addComments(entry.span.start, entry);
    addComments(to, null);
    return out;
  }

  /** Comments inside of an item or statement but in none of its blocks: they go above it. */
  private inner(node: Node, span: Span): Layout {
    const inside = this.comments(span.start, span.end);
    if (inside.length === 0) return "";
    const blocks = blocksOf(node);
    const own = inside.filter(({ span: at }) => !blocks.some((block) => block.start < at.start && at.end < block.end));
    // What is no documentation where it stands must not become any above an item.
    return own.map(({ text }) => [text.replace(/^\/\/\/+/, "//").trimEnd(), hard]);
  }

  private comments(from: number, to: number): readonly Comment[] {
    const { comments } = this.source;
    let low = 0;
    let high = comments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (comments[middle].span.start < from) low = middle + 1;
      else high = middle;
    }
    let end = low;
    while (end < comments.length && comments[end].span.end <= to) end++;
    return comments.slice(low, end);
  }

  private item(item: Item): Layout {
    switch (item.kind) {
      case "import": {
        const names = item.names.map(({ name, as }) => (as === null ? name.text : `${name.text} as ${as.text}`));
        return [group("import {", nest(line, join(names, [",", line])), line, "}"), ` from "${item.path}"`];
      }
      case "const":
        return this.bound("const", item.name.text, item.value);
      case "model":
        return [`model ${item.name.text} `, this.block(item.body)];
      case "derive": {
        const wanted = item.wanted.map(({ name, arguments: names }) =>
          names === null ? name.text : `${name.text}(${names.map(({ text }) => text).join(", ")})`,
        );
        const parameters = item.parameters === null ? "" : this.parameters(item.parameters);
        return [`derive ${item.target.text}`, parameters, ": ", group(nest(join(wanted, [",", line])))];
      }
      case "fn":
      case "layer":
      case "initializer":
      case "optimizer": {
        const head = [`${item.kind} ${item.name.text}`, this.parameters(item.parameters)];
        const [statement] = item.body.statements;
        if (!item.shorthand || statement.kind !== "return") return [...head, " ", this.block(item.body)];
        return [...head, " =", this.value(statement.values[0])];
      }
    }
  }

  private statement(statement: Statement): Layout {
    switch (statement.kind) {
      case "let":
        return [`${statement.targets.map(({ text }) => text).join(", ")} =`, this.value(statement.value)];
      case "return":
        return [
          "return ",
          group(
            nest(
              join(
                statement.values.map((value) => this.expression(value)),
                [",", line],
              ),
            ),
          ),
        ];
      case "const":
      case "hyper":
      case "next":
      case "use":
      case "metric":
        return this.bound(statement.kind, statement.name.text, statement.value);
      case "input":
      case "target":
        return [`${statement.kind} ${statement.name.text}`, this.annotation(statement.type)];
      case "param":
      case "state": {
        const frozen = statement.frozen ? "frozen " : "";
        const head = `${frozen}${statement.kind} ${statement.name.text}`;
        return [head, this.annotation(statement.type), this.initial(statement.initial)];
      }
      case "output":
        return [`output ${statement.name.text}`, this.initial(statement.value)];
      case "loss":
        if (statement.name !== null) return this.bound("loss", statement.name.text, statement.value);
        return ["loss ", this.expression(statement.value)];
      case "train":
        return ["train ", this.expression(statement.value)];
    }
  }

  private bound(word: string, name: string, value: Expression): Layout {
    return [`${word} ${name} =`, this.value(value)];
  }

  /** Behind `=`: a chain or `if` that is too long goes below; all else breaks inside its brackets. */
  private value(value: Expression): Layout {
    const below = value.kind === "binary" || value.kind === "if";
    return below ? group(nest(line, this.expression(value))) : [" ", this.expression(value)];
  }

  private expression(value: Expression): Layout {
    return writeExpression(value, this.block);
  }

  private annotation(type: TypeExpression | null): Layout {
    return type === null ? "" : [": ", writeType(type, this.block)];
  }

  private initial(value: Expression | null): Layout {
    return value === null ? "" : [" =", this.value(value)];
  }

  private parameters(parameters: readonly Parameter[]): Layout {
    const entries = parameters.map(({ name, type, default: value }): Layout => {
      return [name.text, this.annotation(type), this.initial(value)];
    });
    return bracketed("(", entries, ")");
  }
}

/** The outermost blocks inside of a node. A loop over the tree, for sums may be deep on their left. */
function blocksOf(node: Node): readonly Span[] {
  const blocks: Span[] = [];
  const stack: Node[] = [node];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (!("kind" in top) && "statements" in top && !isShorthandBody(top)) blocks.push(top.span);
    else stack.push(...childrenOf(top));
  }
  return blocks;
}

/** The block that stands for `= e` has the span of e. */
function isShorthandBody(block: Block): boolean {
  return block.span.source.text[block.span.start] !== "{";
}

function hasBlankLine(gap: string): boolean {
  return /(?:\r\n|[\n\r])[ \t]*(?:\r\n|[\n\r])/.test(gap);
}

/** Comments at the ends of neighbouring lines start in the same column. */
function alignComments(text: string): string {
  if (!text.includes(mark)) return text;
  const lines = text.split("\n");
  const at = lines.map((content) => content.indexOf(mark));
  let start = 0;
  while (start < lines.length) {
    if (at[start] < 0) {
      start++;
      continue;
    }
    let end = start;
    while (end < lines.length && at[end] >= 0) end++;
    const column = Math.max(...at.slice(start, end)) + 2;
    for (let index = start; index < end; index++) {
      const [code, ...comments] = lines[index].split(mark);
      lines[index] = code.trimEnd().padEnd(column) + comments.map((comment) => comment.trim()).join(" ");
    }
    start = end;
  }
  return lines.join("\n");
}
