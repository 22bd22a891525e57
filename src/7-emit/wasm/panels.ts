/** Panels: columns of one factor of a product, copied together so that tiles read them one after the other. */
import type { Evaluator } from "./evaluate.ts";
import type { Mode, Position } from "./numbers.ts";
import { panelVectors, type Axis, type Panel } from "./plan.ts";
import type { FunctionWriter } from "./scopes.ts";
import * as wat from "./syntax.ts";
import type { Code } from "./syntax.ts";

/** A factor that was copied to a panel, `vectors` after another each round. */
export interface Packed extends Panel {
  /** The locals of where the panel begins, and of what is read next. */
  readonly start: string;
  readonly at: string;
  /** The variable along which its lanes run. */
  readonly lane: string;
  readonly vectors: number;
}

/** Where a panel's columns come from, and where they go. */
export interface Packing {
  readonly panel: Packed;
  readonly lane: Axis;
  /** Locals: where memory for panels begins, the first column and the one after the last. */
  readonly begin: string;
  readonly block: string;
  readonly end: string;
  /** Bytes of a panel. */
  readonly bytes: Code;
}

/** Copies the columns from `block` to `end` to panels, round by round. `columns`: the positions of a panel's vectors. */
export function pack(
  w: FunctionWriter,
  e: Evaluator,
  mode: Mode,
  { panel: { depth, factor, start, at }, lane, begin, block, end, bytes }: Packing,
  columns: readonly Position[],
  rounds: Code,
): void {
  w.add(wat.set(depth.variable, wat.i32(0)), wat.set(start, wat.get(begin)));
  w.loop(depth.variable, rounds, 1, false, [], () => {
    w.add(wat.set(lane.variable, wat.get(block)), wat.set(at, wat.get(start)));
    w.loop(lane.variable, wat.get(end), panelVectors * e.lanes, true, [], () => {
      for (let v = 0; v < panelVectors; v++) {
        const [vector] = e.reals(factor, mode, columns[v]);
        w.add(wat.op(wat.access("v128.store", 16 * v), wat.get(at), wat.get(vector)));
      }
      w.scope.stream?.latch.push(wat.set(at, wat.op("i32.add", wat.get(at), bytes)));
    });
    w.add(wat.set(start, wat.op("i32.add", wat.get(start), wat.i32(16 * panelVectors))));
  });
}

/** A vector of the packed factor. */
export function fromPanel(
  w: FunctionWriter,
  e: Evaluator,
  { depth, lane, at, vectors }: Packed,
  position: Position,
): readonly string[] {
  const round = position.offsets.get(depth.variable) ?? 0;
  const vector = (position.offsets.get(lane) ?? 0) / e.lanes;
  const offset = 16 * (round * vectors + vector);
  const key = `panel ${offset}`;
  const known = w.known(w.scope, key);
  if (known !== null) return known;
  const local = w.local("packed", "v128");
  w.add(wat.set(local, wat.op(wat.access("v128.load", offset), wat.get(at))));
  w.scope.memo.set(key, [local]);
  return [local];
}
