/**
 * Where nodes came from: a table beside the graph, carried through every pass, from which errors, printers, `explain` and
 * comments in emitted code speak in the user's names.
 */
import type { Span } from "../diagnostics/diagnostic.ts";
import type { Node } from "./graph.ts";

/** A node that many places of a source share (the constant 1) needs few of them to be found again. */
const maxSpans = 8;

/** A call of a library function in the user's text, whose body the graph holds in its place. */
export interface LibraryCall {
  readonly callee: string;
  /** In the order of the parameters: a node, what is known at compile time as text, or null where the default stands. */
  readonly arguments: readonly { readonly parameter: string; readonly value: Node | string | null }[];
}

interface Entry {
  name: string | null;
  /** The definitions that led to `name` through inlined calls, outermost first. */
  calls: readonly string[];
  readonly spans: Span[];
}

export class Origins {
  readonly #entries = new Map<Node, Entry>();
  readonly #calls = new Map<Node, LibraryCall>();

  /**
   * Says that `node` is the value of the text at `span`, and of `name` if the user bound one to it; `calls` names the calls through which
   * it was inlined, outermost first. Of several names the one with the fewest calls counts, then the earliest.
   */
  note(node: Node, span: Span, name: string | null = null, calls: readonly string[] = []): void {
    const entry = this.#entryOf(node);
    const known = entry.spans.some((s) => s.source === span.source && s.start === span.start && s.end === span.end);
    if (!known && entry.spans.length < maxSpans) entry.spans.push(span);
    if (name !== null) improve(entry, name, calls);
  }

  /** `to` has taken the place of `from`: it keeps its own name where it has a better one, and its spans. */
  merge(from: Node, to: Node): void {
    const source = this.#entries.get(from);
    if (source === undefined || from === to) return;
    const entry = this.#entryOf(to);
    for (const span of source.spans) {
      if (entry.spans.length < maxSpans && !entry.spans.includes(span)) entry.spans.push(span);
    }
    if (source.name !== null) improve(entry, source.name, source.calls);
  }

  /** Says that `node` is the result of a call of a library function; of several such calls the first counts. */
  noteCall(node: Node, call: LibraryCall): void {
    if (!this.#calls.has(node)) this.#calls.set(node, call);
  }

  /** The calls of library functions by their results, as they were when checked: passes do not carry them along. */
  get libraryCalls(): ReadonlyMap<Node, LibraryCall> {
    return this.#calls;
  }

  /** The user's name of a node: `z`, or `h.z` for `z` inside the call that defines `h`; null where it has none. */
  nameOf(node: Node): string | null {
    const entry = this.#entries.get(node);
    return entry === undefined || entry.name === null ? null : [...entry.calls, entry.name].join(".");
  }

  /** The places whose value the node is, first noted first; empty for a node that no source text stands for. */
  spansOf(node: Node): readonly Span[] {
    return this.#entries.get(node)?.spans ?? [];
  }

  #entryOf(node: Node): Entry {
    const known = this.#entries.get(node);
    if (known !== undefined) return known;
    const entry: Entry = { name: null, calls: [], spans: [] };
    this.#entries.set(node, entry);
    return entry;
  }
}

function improve(entry: Entry, name: string, calls: readonly string[]): void {
  if (entry.name !== null && entry.calls.length <= calls.length) return;
  entry.name = name;
  entry.calls = calls;
}
