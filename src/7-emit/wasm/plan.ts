/** Which loops of a nest run side by side in lanes, and which in tiles. */
import { operandsOf } from "../../6-schedule/scalars.ts";
import * as dims from "../../ir/dim.ts";
import type { ElementType } from "../../ir/graph.ts";
import type { Combine, Nest, Scalar, Statement } from "../../ir/program.ts";
import { Dependence, strideOf } from "./dependence.ts";

export interface Axis {
  readonly variable: string;
  readonly extent: Scalar;
}

/** Loops over `axes`; in them a reduction, if there is one, and what is stored then. */
export interface Piece {
  readonly axes: readonly Axis[];
  readonly sum: Reduction | null;
  readonly stores: readonly Store[];
  readonly values: Nest["values"];
}

export interface Reduction {
  readonly name: string;
  readonly element: ElementType;
  readonly initial: number;
  readonly combine: Combine;
  readonly term: Scalar;
  readonly axes: readonly Axis[];
}

export type Store = Statement & { readonly kind: "store" };

/** The pieces of a nest, one after the other; null where it holds anything else. */
export function piecesOf({ body, values }: Nest): readonly Piece[] | null {
  const pieces: Piece[] = [];
  if (body.length > 0 && body.every((s) => s.kind === "loop")) {
    if (values.length > 0) return null;
    for (const s of body) {
      const piece = pieceOf([s], []);
      if (piece === null) return null;
      pieces.push(piece);
    }
    return pieces;
  }
  const piece = pieceOf(body, values);
  return piece === null ? null : [piece];
}

function pieceOf(body: readonly Statement[], values: Nest["values"]): Piece | null {
  const axes: Axis[] = [];
  let inner = body;
  for (let [first] = inner; inner.length === 1 && first.kind === "loop"; [first] = inner) {
    if (first.step !== 1 || !isZero(first.from)) return null;
    axes.push({ variable: first.variable, extent: first.to });
    inner = first.body;
  }
  const declared = inner.at(0);
  if (declared?.kind !== "declare") {
    const stores = storesOf(inner);
    return stores === null ? null : { axes, sum: null, stores, values };
  }
  const loop = inner.at(1);
  const stores = storesOf(inner.slice(2));
  if (stores === null || loop === undefined) return null;
  const reduced: Axis[] = [];
  let own: readonly Statement[] = [loop];
  for (let [first] = own; own.length === 1 && first.kind === "loop"; [first] = own) {
    if (first.step !== 1 || !isZero(first.from)) return null;
    reduced.push({ variable: first.variable, extent: first.to });
    own = first.body;
  }
  const [added] = own;
  if (own.length !== 1 || added.kind !== "accumulate" || added.name !== declared.name) return null;
  const { name, element, initial } = declared;
  const sum: Reduction = { name, element, initial, combine: added.combine, term: added.value, axes: reduced };
  return { axes, sum, stores, values };
}

function storesOf(body: readonly Statement[]): readonly Store[] | null {
  return body.every((s): s is Store => s.kind === "store") ? body : null;
}

function isZero(s: Scalar): boolean {
  return s.kind === "affine" && s.terms.length === 0 && dims.constantOf(s.offset) === 0;
}

/** An extent that is known. */
export function knownExtent({ extent }: Axis): number | null {
  return extent.kind === "affine" && extent.terms.length === 0 ? dims.constantOf(extent.offset) : null;
}

/** The two reads of a sum of products, where it is one: computed in single under f32. */
export function factorsOf({ combine, term, element }: Reduction): readonly [Scalar, Scalar] | null {
  if (combine !== "add" || element !== "real" || term.kind !== "operation" || term.operation !== "multiply")
    return null;
  const [a, b] = term.operands;
  if (a.kind !== "load" || b.kind !== "load" || a === b) return null;
  return a.element === "real" && b.element === "real" ? [a, b] : null;
}

export type Lanes =
  /** Along an axis of the result: each lane an entry of it. `row`: the axis of a register tile's rows, or null. */
  | { readonly kind: "columns"; readonly lane: Axis; readonly row: Axis | null }
  /** Along the innermost axis that is summed over; the lanes are added up in the end. With `lane` and `row` tiles of products. */
  | { readonly kind: "depth"; readonly lane: Axis | null; readonly row: Axis | null }
  /** Entry by entry. */
  | { readonly kind: "none" };

/** How the lanes of a piece run. */
export function lanesOfPiece(piece: Piece, dependence: Dependence): Lanes {
  const { axes, sum, stores } = piece;
  const unitOrFixed = (load: Load, variable: string): boolean => {
    const stride = strideOf(load.index, variable, dependence);
    const known = stride === null ? null : dims.constantOf(stride);
    return known === 0 || known === 1;
  };
  const lane = axes.findLast(({ variable }) =>
    stores.every(({ index }) => {
      const stride = strideOf(index, variable, dependence);
      return stride !== null && dims.constantOf(stride) === 1;
    }),
  );
  if (sum === null)
    return lane === undefined || stores.length === 0 ? { kind: "none" } : { kind: "columns", lane, row: null };
  const loads = loadsOf(sum.term);
  const depth = sum.axes.at(-1);
  const isColumns = lane !== undefined && stores.length > 0 && loads.every((load) => unitOrFixed(load, lane.variable));
  const isDepth =
    depth !== undefined &&
    loads.every((load) => unitOrFixed(load, depth.variable)) &&
    loads.some((load) => dependence.on(load, depth.variable));
  const rowFor = (column: Axis): Axis | null => {
    const fixed = loads.filter((load) => dependence.on(load, column.variable));
    const rows = axes.filter(
      ({ variable }) =>
        variable !== column.variable &&
        fixed.some((load) => !dependence.on(load, variable)) &&
        stores.every(({ index }) => strideOf(index, variable, dependence) !== null),
    );
    return rows.at(-1) ?? null;
  };
  if (isColumns && (!isDepth || loads.some((load) => dependence.on(load, lane.variable) && !dependence.on(load, depth.variable) || strideIsOne(load, lane.variable, dependence))))
    return { kind: "columns", lane, row: rowFor(lane) }; // prettier-ignore
  if (isDepth) {
    const isProduct = factorsOf(sum) !== null;
    const row = isProduct && lane !== undefined && stores.length > 0 ? rowFor(lane) : null;
    return { kind: "depth", lane: isProduct && stores.length > 0 ? (lane ?? null) : null, row };
  }
  if (lane !== undefined && stores.length > 0) return { kind: "columns", lane, row: rowFor(lane) };
  return { kind: "none" };
}

type Load = Scalar & { readonly kind: "load" };

function strideIsOne(load: Load, variable: string, dependence: Dependence): boolean {
  const stride = strideOf(load.index, variable, dependence);
  return stride !== null && dims.constantOf(stride) === 1;
}

/** What an expression reads, what its addresses read left out. */
export function loadsOf(root: Scalar): readonly Load[] {
  const loads = new Set<Load>();
  const seen = new Set<Scalar>();
  const pending = [root];
  for (let s = pending.pop(); s !== undefined; s = pending.pop()) {
    if (seen.has(s)) continue;
    seen.add(s);
    if (s.kind === "load") loads.add(s);
    else pending.push(...operandsOf(s));
  }
  return [...loads];
}

/** A factor of a product of which columns are copied together before rows of the other pass along them. */
export interface Panel {
  readonly factor: Load;
  readonly depth: Axis;
}

/** Vectors of one round in a panel. */
export const panelVectors = 2;

/** Panels that are packed together: what stands side by side in a row is read at once. */
export const panelsOfBlock = 8;

/** Rows from which on packing takes less time than it saves. */
export const fewestRows = 16;

/** What to pack of a product with lanes along columns; null where all is near each other, or too little is done with it. */
export function panelOf({ sum }: Piece, lane: Axis, row: Axis, dependence: Dependence): Panel | null {
  const factors = sum === null ? null : factorsOf(sum);
  if (sum === null || factors === null || sum.axes.length !== 1) return null;
  const [depth] = sum.axes;
  const rows = knownExtent(row);
  const rounds = knownExtent(depth);
  const columns = knownExtent(lane);
  if (columns !== null && columns < 8) return null;
  if ((rows !== null && rows < fewestRows) || (rounds !== null && rounds < 16)) return null;
  if (depth.extent.kind !== "affine" || depth.extent.terms.length > 0) return null;
  const factor = factors.find((f): f is Load => f.kind === "load" && dependence.on(f, lane.variable));
  if (factor === undefined || dependence.on(factor, row.variable)) return null;
  const stride = strideOf(factor.index, depth.variable, dependence);
  const known = stride === null ? null : dims.constantOf(stride);
  return stride === null || (known !== null && Math.abs(known) < 24) ? null : { factor, depth };
}

/** How many reals the panels of these pieces hold at most; null where nothing is packed. */
export function panelSize(pieces: readonly Piece[], lanes: number): dims.Dim | null {
  let most: dims.Dim | null = null;
  for (const piece of pieces) {
    const dependence = new Dependence();
    const planned = lanesOfPiece(piece, dependence);
    if (planned.kind !== "columns" || planned.row === null) continue;
    const panel = panelOf(piece, planned.lane, planned.row, dependence);
    if (panel?.depth.extent.kind !== "affine") continue;
    const size = dims.multiply(panel.depth.extent.offset, dims.constant(lanes * panelVectors * panelsOfBlock));
    most = most === null ? size : dims.maximum(most, size);
  }
  return most;
}
