/**
 * Line breaking: text with places where a line may end, laid out so that lines keep to a width (after Wadler, "A prettier printer", 2003,
 * in the iterative form of Lindig, "Strictly pretty", 2000).
 */
export type Layout =
  | string
  | readonly Layout[]
  /** A blank (`line`) or nothing (`soft`) where the group is on one line, a line end where it is broken; `hard` always ends the line. */
  | { readonly kind: "line" | "soft" | "hard" }
  /** Written where it stands, but no reason to break a line: a comment at its end. */
  | { readonly kind: "aside"; readonly text: string }
  /** Indents the lines inside. */
  | { readonly kind: "nest"; readonly body: Layout }
  /** On one line if that fits. */
  | { readonly kind: "group"; readonly body: Layout };

export const line: Layout = { kind: "line" };
export const soft: Layout = { kind: "soft" };
export const hard: Layout = { kind: "hard" };
export const nest = (...body: readonly Layout[]): Layout => ({ kind: "nest", body });
export const group = (...body: readonly Layout[]): Layout => ({ kind: "group", body });

/** Puts a separator between parts. */
export function join(parts: readonly Layout[], separator: Layout): Layout {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [separator, part]));
}

/** `(a, b)` on one line, or an element a line between the brackets. */
export function bracketed(open: string, elements: readonly Layout[], close: string): Layout {
  if (elements.length === 0) return open + close;
  return group(open, nest(soft, join(elements, [",", line])), soft, close);
}

interface Job {
  readonly layout: Layout;
  readonly indent: number;
  readonly flat: boolean;
}

const step = 2;

/** The lines of a layout; indentation is two blanks a level. */
export function render(layout: Layout, width: number): string {
  const out: string[] = [];
  let column = 0;
  // Written with the first text of a line, so that empty lines stay empty.
  let pending = 0;
  const write = (text: string): void => {
    if (text === "") return;
    if (pending > 0) out.push(" ".repeat(pending));
    pending = 0;
    out.push(text);
  };
  const jobs: Job[] = [{ layout, indent: 0, flat: false }];
  for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) {
    const { layout: top, indent, flat } = job;
    if (typeof top === "string") {
      write(top);
      const lastBreak = top.lastIndexOf("\n");
      column = lastBreak < 0 ? column + top.length : top.length - lastBreak - 1;
    } else if (!("kind" in top)) {
      pushAll(jobs, top, indent, flat);
    } else if (top.kind === "aside") {
      write(top.text);
    } else if (top.kind === "nest") {
      jobs.push({ layout: top.body, indent: indent + step, flat });
    } else if (top.kind === "group") {
      const whole: Job = { layout: top.body, indent, flat: true };
      jobs.push(flat || fits(whole, jobs, width - column) ? whole : { ...whole, flat: false });
    } else if (flat && top.kind !== "hard") {
      if (top.kind === "line") write(" ");
      column += top.kind === "line" ? 1 : 0;
    } else {
      out.push("\n");
      pending = indent;
      column = indent;
    }
  }
  return out.join("");
}

function pushAll(jobs: Job[], parts: readonly Layout[], indent: number, flat: boolean): void {
  for (let index = parts.length - 1; index >= 0; index--) jobs.push({ layout: parts[index], indent, flat });
}

/** Whether what comes up to the next line end has room. */
function fits(first: Job, rest: readonly Job[], room: number): boolean {
  const jobs: Job[] = [first];
  let next = rest.length;
  let left = room;
  while (left >= 0) {
    const job = jobs.pop() ?? (next > 0 ? rest[--next] : undefined);
    if (job === undefined) return true;
    const { layout, indent, flat } = job;
    if (typeof layout === "string") {
      const lineBreak = layout.indexOf("\n");
      if (lineBreak >= 0) return left >= lineBreak;
      left -= layout.length;
    } else if (!("kind" in layout)) {
      pushAll(jobs, layout, indent, flat);
    } else if (layout.kind === "nest" || layout.kind === "group") {
      jobs.push({ layout: layout.body, indent, flat });
    } else if (layout.kind === "aside") {
      continue;
    } else if (layout.kind === "hard" || !flat) {
      return true;
    } else if (layout.kind === "line") {
      left--;
    }
  }
  return false;
}
