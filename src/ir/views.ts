/**
 * Views in a normal form: two ways of cutting the same entries out of a tensor become one node. Rows deleted before
 * columns or after them, a slice of a slice, neighbours joined again: all of these choose entries along each axis of one
 * tensor, and the choice tells the node.
 */
import { constant, constantOf, shapesEqual, type Shape } from "./dim.ts";
import type { GraphBuilder } from "./builder.ts";
import { is, reshape, slice, transpose } from "./expressions.ts";
import type { AnyNode, Node } from "./graph.ts";
import { knownValue } from "./known.ts";
import { choose, everything, isEverything, joinPicks, partsOf, slicePick, type AxisPick } from "./picks.ts";

/** The entries of `base` that `picks` names along each of its axes. */
interface View {
  readonly base: Node;
  readonly picks: readonly AxisPick[];
  /** For each axis of the view the axis of base that it walks; null for an axis of one entry. */
  readonly axes: readonly (number | null)[];
}

/** Past this many pieces on an axis a view stays as it is written. */
const mostPieces = 64;
/** Past this many entries an index tensor is not looked into. */
const mostEntries = 4096;
/** How deep joined tensors may hold each other where a view is cut out of them. */
const mostNested = 50;

const one = constant(1);

/** Normal forms of the views of one builder. */
export class Views {
  readonly #b: GraphBuilder;
  readonly #normal = new Map<Node, Node>();
  /** Of normal forms. */
  readonly #views = new Map<Node, View>();

  constructor(b: GraphBuilder) {
    this.#b = b;
  }

  /** The node that all views of the same entries share; a node that is no view is its own. */
  normal(node: Node): Node {
    if (isMoved(node)) for (const part of movedBelow(node)) this.#settle(part);
    return this.#normal.get(node) ?? node;
  }

  #settle(node: AnyNode): void {
    if (this.#normal.has(node)) return;
    const found = node.primitive === "concat" ? this.#join(node) : this.#cut(this.#read(node), 0);
    const normal = found ?? node;
    this.#normal.set(node, normal);
    this.#normal.set(normal, normal);
  }

  #viewOf(node: Node): View {
    const normal = this.#normal.get(node) ?? node;
    return this.#views.get(normal) ?? wholeOf(normal);
  }

  #read(node: AnyNode): View | null {
    const [x] = node.operands;
    const view = this.#viewOf(x);
    switch (node.primitive) {
      case "slice": {
        const { axes } = node.attributes;
        const lead = node.shape.length - axes.length;
        return axes.reduce<View | null>(
          (v, axis, k) => v && narrowed(v, lead + k, (pick) => slicePick(pick, axis)),
          view,
        );
      }
      case "reshape":
        return reshaped(view, node.shape);
      case "transpose": {
        const { permutation } = node.attributes;
        const lead = view.axes.length - permutation.length;
        const turned = permutation.map((axis) => view.axes[view.axes.length + axis]);
        return { ...view, axes: [...view.axes.slice(0, lead), ...turned] };
      }
      case "gather":
        return this.#gathered(view, node);
      default:
        return null;
    }
  }

  /** Entries that an index tensor of known integers, the same in all rows of the batch, takes along one axis. */
  #gathered(view: View, node: Node<"gather">): View | null {
    const { batch } = node.attributes;
    const own = rowOf(node.operands[1], batch);
    if (own === null || own.shape.length > 1) return null;
    const places = knownValue(this.#b, own, mostEntries)?.data;
    const size = constantOf(node.operands[0].shape[batch]);
    if (places === undefined || size === null || places.some((place) => place < 0 || place >= size)) return null;
    const chosen = narrowed(view, batch, (pick) => choose(pick, [...places]));
    if (chosen === null || own.shape.length === 1) return chosen;
    return { ...chosen, axes: chosen.axes.filter((_, k) => k !== batch) };
  }

  /** Joined tensors: neighbours that are views of one tensor become one view. */
  #join(node: Node<"concat">): Node | null {
    const { axis } = node.attributes;
    const place = node.shape.length + axis;
    const parts: View[] = [];
    for (const part of this.#partsOf(node, axis)) {
      const view = this.#viewOf(part);
      const last = parts.at(-1);
      const both = last === undefined ? null : joined(last, view, place);
      if (both === null) parts.push(view);
      else parts[parts.length - 1] = both;
    }
    if (parts.length === 1) return this.#cut(parts[0], 0);
    const nodes = parts.map((part) => this.#cut(part, 0));
    if (nodes.some((part) => part === null)) return null;
    const pieces = nodes.flatMap((part) => (part === null ? [] : piecesOf(part, axis)));
    return this.#b.create("concat", pieces, { axis });
  }

  #partsOf(node: Node<"concat">, axis: number): readonly Node[] {
    const parts = node.operands.flatMap((operand) => {
      const normal = this.#normal.get(operand) ?? operand;
      return this.#views.has(normal) ? [normal] : piecesOf(normal, axis);
    });
    const some = parts.filter(({ shape }) => constantOf(shape[shape.length + axis]) !== 0);
    return some.length === 0 ? parts.slice(0, 1) : some;
  }

  /** The node of a view: one slice, pieces of each axis joined, then axes turned, dropped and added. Null where it has too many. */
  #cut(view: View | null, depth: number): Node | null {
    if (view === null || depth > mostNested || view.picks.some(({ runs }) => runs.length > mostPieces)) return null;
    const b = this.#b;
    const { base, picks } = view;
    const within = is(base, "concat") ? this.#cutParts(view, base, depth) : null;
    if (within !== null) return within;
    const single = picks.map((pick, k) => (pick.runs.length === 1 ? pick : everything(base.shape[k])));
    let node = sliced(b, base, single);
    for (const [k, { runs }] of picks.entries()) {
      if (runs.length === 1) continue;
      const rest = node.shape.map(everything);
      const source = node;
      const pieces = runs.map((run) => sliced(b, source, rest.map((all, n) => (n === k ? { ...all, runs: [run] } : all)))); // prettier-ignore
      node = b.create("concat", pieces, { axis: k - base.shape.length });
    }
    const walked = view.axes.filter((axis) => axis !== null);
    const ascending = [...walked].sort((p, q) => p - q);
    const shape = view.axes.map((axis) => (axis === null ? one : picks[axis].size));
    // Axes that keep their order are not dropped to be added again.
    const isTurned = walked.some((axis, k) => axis !== ascending[k]);
    const compact = isTurned ? reshape(b, node, ascending.map((axis) => picks[axis].size)) : node; // prettier-ignore
    const turned = isTurned ? transpose(b, compact, walked.map((axis) => ascending.indexOf(axis) - walked.length)) : node; // prettier-ignore
    const found = reshape(b, turned, shape);
    this.#views.set(found, view);
    this.#normal.set(found, found);
    return found;
  }

  /** A view of joined tensors that takes no whole axis of them: what it takes of each, joined. Null where that is not known. */
  #cutParts(view: View, base: Node<"concat">, depth: number): Node | null {
    const { axis } = base.attributes;
    const place = base.shape.length + axis;
    if (isEverything(view.picks[place], base.shape[place])) return null;
    const sizes = base.operands.map(({ shape }) => shape[place]);
    const parts = partsOf(view.picks[place], sizes);
    if (parts === null || parts.length === 0 || parts.length > mostPieces) return null;
    const nodes: Node[] = [];
    for (const { part, pick } of parts) {
      const picks = view.picks.map((other, k) => (k === place ? pick : other));
      const own = picks.reduce<View | null>(
        (v, other, k) => v && narrowed(v, k, (inner) => composed(inner, other)),
        this.#viewOf(base.operands[part]),
      );
      const node = this.#cut(own, depth + 1);
      if (node === null) return null;
      nodes.push(node);
    }
    const all = nodes.length === 1 ? nodes[0] : this.#b.create("concat", nodes, { axis });
    this.#settle(all as AnyNode);
    const inner = this.#viewOf(all);
    return this.#cut({ ...inner, axes: view.axes.map((k) => (k === null ? null : inner.axes[k])) }, depth + 1);
  }
}

function isMoved(node: Node): boolean {
  return is(node, "slice") || is(node, "reshape") || is(node, "transpose") || is(node, "concat") || is(node, "gather");
}

/** A node and the views that it is made of, operands first. */
function movedBelow(root: Node): readonly AnyNode[] {
  const seen = new Set([root]);
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const operand of is(node, "gather") ? node.operands.slice(0, 1) : node.operands) {
      if (seen.has(operand) || !isMoved(operand)) continue;
      seen.add(operand);
      stack.push(operand);
    }
  }
  return [...seen].sort((p, q) => p.id - q.id) as AnyNode[];
}

function wholeOf(base: Node): View {
  return { base, picks: base.shape.map(everything), axes: base.shape.map((size, k) => (constantOf(size) === 1 ? null : k)) }; // prettier-ignore
}

/** The view with other entries along one of its axes; null where they are not known. */
function narrowed(view: View, axis: number, of: (pick: AxisPick) => AxisPick | null): View | null {
  const walked = view.axes[axis];
  const before = walked === null ? everything(one) : view.picks[walked];
  const pick = of(before);
  if (pick === null) return null;
  if (walked === null) return isEverything(pick, one) ? view : null;
  const isSingle = constantOf(pick.size) === 1;
  return {
    base: view.base,
    picks: view.picks.map((other, k) => (k === walked ? pick : other)),
    axes: view.axes.map((other, k) => (k === axis && isSingle ? null : other)),
  };
}

/** The entries that `outer` takes of those that `inner` takes. */
function composed(inner: AxisPick, outer: AxisPick): AxisPick | null {
  if (outer.list !== null && inner.list !== null) return choose(inner, outer.list);
  const parts: AxisPick[] = [];
  for (const run of outer.runs) {
    const part = slicePick(inner, run);
    if (part === null) return null;
    parts.push(part);
  }
  return joinPicks(parts);
}

/** The view under another shape, where only axes of one entry come and go. */
function reshaped(view: View, shape: Shape): View | null {
  const walked = view.axes.filter((axis) => axis !== null);
  const kept = shape.filter((size) => constantOf(size) !== 1);
  if (!shapesEqual(kept, walked.map((axis) => view.picks[axis].size))) return null; // prettier-ignore
  let next = 0;
  return { ...view, axes: shape.map((size) => (constantOf(size) === 1 ? null : walked[next++])) };
}

/** Two views of one tensor, one after the other along an axis; null where they differ in more than what they take along one. */
function joined(v: View, w: View, axis: number): View | null {
  if (v.base !== w.base || v.axes.some((other, k) => k !== axis && other !== w.axes[k])) return null;
  const differing = v.picks.flatMap(({ key }, k) => (key === w.picks[k].key ? [] : [k]));
  const walked = v.axes[axis] ?? w.axes[axis] ?? differing.at(0);
  if (walked === undefined || (v.axes[axis] ?? walked) !== walked || (w.axes[axis] ?? walked) !== walked) return null;
  if (differing.some((k) => k !== walked) || v.axes.some((other, k) => k !== axis && other === walked)) return null;
  const pick = joinPicks([v.picks[walked], w.picks[walked]]);
  return {
    base: v.base,
    picks: v.picks.map((other, k) => (k === walked ? pick : other)),
    axes: v.axes.map((other, k) => (k === axis ? walked : other)),
  };
}

/** What a tensor joins along an axis: itself if it is not joined along it. */
function piecesOf(node: Node, axis: number): readonly Node[] {
  return is(node, "concat") && node.attributes.axis === axis ? node.operands : [node];
}

/** The entries that single runs take along each axis. */
function sliced(b: GraphBuilder, x: Node, picks: readonly AxisPick[]): Node {
  const first = picks.findIndex((pick, k) => !isEverything({ ...pick, size: pick.runs[0].size }, x.shape[k]));
  return first < 0 ? x : slice(b, x, picks.slice(first).map(({ runs: [run] }) => run)); // prettier-ignore
}

/** An index tensor without its batch axes, along which it must be repeated; null where it may not be. */
function rowOf(indices: Node, batch: number): Node | null {
  let node = indices;
  let lead = batch;
  while (lead > 0 && is(node, "broadcast")) {
    const { axes, shape } = node.attributes;
    const [x] = node.operands;
    const rank = node.shape.length;
    // All of the batch is new, and what follows it is as it was.
    const isLeading =
      shape.length === rank && x.shape.length === axes.length && axes.every((axis, k) => axis === k - axes.length);
    if (!isLeading) return null;
    const gained = rank - x.shape.length;
    node = x;
    lead = Math.max(0, lead - gained);
    if (gained > batch) return null;
  }
  return lead === 0 ? node : null;
}
