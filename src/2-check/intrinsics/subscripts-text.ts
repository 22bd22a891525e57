/** The subscripts of `einsum` as they are written: letters for the axes of each operand, and of the result. */
import type { Span } from "../../diagnostics/diagnostic.ts";
import type { IntrinsicContext, WrittenText } from "./intrinsic.ts";

/** One letter and its place in the source. */
export interface Letter {
  readonly name: string;
  readonly span: Span;
}

/** The subscripts of one operand, or of the result. */
export interface Term {
  readonly letters: readonly Letter[];
  /** How many letters stand before `...`; null without. */
  readonly ellipsis: number | null;
  readonly span: Span;
}

export interface Subscripts {
  readonly operands: readonly Term[];
  /** Null where no result is written. */
  readonly result: Term | null;
}

const arrow = "->";
const dots = "...";

/**
 * Reads `"bij,bjk->bik"`. Blanks are free.
 * @throws after a fault at the character that is wrong.
 */
export function readSubscripts(context: IntrinsicContext, { text, span }: WrittenText): Subscripts {
  const cut = text.indexOf(arrow);
  const end = cut < 0 ? text.length : cut;
  const operands: Term[] = [];
  for (let from = 0; from <= end;) {
    const comma = text.indexOf(",", from);
    const to = comma < 0 || comma > end ? end : comma;
    operands.push(readTerm(context, { text, span }, from, to));
    from = to + 1;
  }
  return { operands, result: cut < 0 ? null : readTerm(context, { text, span }, cut + arrow.length, text.length) };
}

function readTerm(context: IntrinsicContext, { text, span }: WrittenText, start: number, end: number): Term {
  const refuse = (why: string, from: number, to: number): Error =>
    context.fault("einsum-text", { why }, span(from, to));
  const letters: Letter[] = [];
  let ellipsis: number | null = null;
  for (let at = start; at < end; at++) {
    const name = text.charAt(at);
    if (name === " ") continue;
    if (text.startsWith(dots, at)) {
      if (ellipsis !== null) throw refuse("`...` stands twice for one operand", at, at + dots.length);
      ellipsis = letters.length;
      at += dots.length - 1;
    } else if (/[A-Za-z]/.test(name)) {
      letters.push({ name, span: span(at, at + 1) });
    } else if (text.startsWith(arrow, at)) {
      throw refuse("`->` stands twice", at, at + arrow.length);
    } else if (name === ",") {
      throw refuse("there is one result, so that no `,` follows `->`", at, at + 1);
    } else {
      const whole = String.fromCodePoint(text.codePointAt(at) ?? 0);
      const why = `\`${whole}\` is no subscript: one letter stands for each axis, \`...\` for all others, \`,\` between operands and \`->\` before the result`;
      throw refuse(why, at, at + whole.length);
    }
  }
  return { letters, ellipsis, span: span(start, end) };
}
