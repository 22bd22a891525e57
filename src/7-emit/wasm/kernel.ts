/** One kernel of a program as a WebAssembly function. */
import type { Axis, Piece, Reduction } from "./plan.ts";
import {
  factorsOf,
  fewestRows,
  knownExtent,
  panelOf,
  panelsOfBlock,
  panelVectors,
  type Panel,
  lanesOfPiece,
  loadsOf,
} from "./plan.ts";
import { accumulatorKey, Dependence, strideOf } from "./dependence.ts";
import { Evaluator, splatted } from "./evaluate.ts";
import { Unsupported, type Given, type Mode, type Position, type Sum } from "./numbers.ts";
import type { FunctionWriter } from "./scopes.ts";
import { fromPanel, pack, type Packed } from "./panels.ts";
import { StoreWriter } from "./stores.ts";
import * as wat from "./syntax.ts";
import type { Code } from "./syntax.ts";

const start: Position = { offsets: new Map(), lane: null, limit: null, sums: new Map() };

/** Writes the code of pieces. Throws Unsupported where one of them has none. */
export class PieceWriter {
  readonly #w: FunctionWriter;
  readonly #e: Evaluator;
  readonly #given: Given;
  readonly #dependence: Dependence;
  readonly #stores: StoreWriter;

  constructor(w: FunctionWriter, given: Given) {
    this.#w = w;
    this.#given = given;
    this.#dependence = new Dependence();
    this.#e = new Evaluator(w, given, this.#dependence);
    this.#stores = new StoreWriter(w, this.#e, given, this.#dependence);
  }

  piece(piece: Piece): void {
    for (const { variable } of [...piece.axes, ...(piece.sum?.axes ?? [])]) this.#declare(variable);
    const planned = lanesOfPiece(piece, this.#dependence);
    const isChosen = planned.kind === "columns" && this.#choosesByLane(piece, planned.lane.variable);
    const lanes = isChosen ? ({ kind: "none" } as const) : planned;
    const { sum } = piece;
    if (sum !== null && sum.element !== "real") throw new Unsupported(`a reduction of ${sum.element}`);
    if (lanes.kind === "none" && sum !== null) {
      this.#scalarSum(piece, sum);
    } else if (lanes.kind === "none") {
      this.#over(piece.axes, () => {
        this.#stores.finish(piece, [start], null);
      });
    } else if (lanes.kind === "columns") {
      const outer = piece.axes.filter((axis) => axis !== lanes.lane && axis !== lanes.row);
      this.#over(outer, () => {
        if (sum === null) this.#map(piece, lanes.lane);
        else this.#columns(piece, sum, lanes.lane, lanes.row);
      });
    } else if (sum !== null && lanes.lane !== null) {
      const { lane, row } = lanes;
      const outer = piece.axes.filter((axis) => axis !== lane && axis !== row);
      this.#over(outer, () => {
        this.#products(piece, sum, lane, row);
      });
    } else if (sum !== null) {
      const each = (): void => {
        const number = this.#depth(sum, start);
        this.#stores.finish(piece, [{ ...start, sums: new Map([[sum.name, number]]) }], null);
      };
      this.#over(piece.axes, each, [accumulatorKey(sum.name)]);
    }
  }

  #declare(variable: string): void {
    this.#w.locals.push({ name: variable, type: "i32" });
  }

  #extent(axis: Axis): Code {
    return this.#e.int(axis.extent, start);
  }

  /** Loops over all entries of the axes; `changing`: what else is another one each round. */
  #over(axes: readonly Axis[], body: () => void, changing: readonly string[] = []): void {
    if (axes.length === 0) {
      body();
      return;
    }
    const [axis, ...rest] = axes;
    const { variable } = axis;
    this.#w.add(wat.set(variable, wat.i32(0)));
    this.#w.loop(variable, this.#extent(axis), 1, false, changing, () => {
      this.#over(rest, body, changing);
    });
  }

  /** Elementwise work, lanes along `lane`. */
  #map(piece: Piece, lane: Axis): void {
    this.#w.add(wat.set(lane.variable, wat.i32(0)));
    this.#strips(lane, [1], true, [], (vectors, count) => {
      const at = Array.from({ length: vectors }, (_, v) => this.#at(lane, v, new Map(), count));
      this.#stores.finish(piece, at, count);
    });
  }

  /** The position of a vector of lanes. */
  #at(lane: Axis, vector: number, offsets: ReadonlyMap<string, number>, limit: Code | null): Position {
    return {
      offsets: new Map(offsets).set(lane.variable, vector * this.#e.lanes),
      lane: lane.variable,
      limit,
      sums: new Map(),
    };
  }

  /**
   * Runs `body` over strips of the axis from where its variable stands: of as many vectors as the widths say, widest
   * first; what is left is one vector of which `count` lanes are stored.
   */
  #strips(
    axis: Axis,
    widths: readonly number[],
    isStream: boolean,
    changing: readonly string[],
    body: (vectors: number, count: Code | null) => void,
    known = knownExtent(axis),
  ): void {
    const { lanes } = this.#e;
    const extent = this.#extent(axis);
    let left = known;
    for (const width of widths) {
      const size = width * lanes;
      if (left === null || left >= size)
        this.#w.loop(axis.variable, extent, size, isStream, changing, () => {
          body(width, null);
        });
      if (left !== null) left %= size;
    }
    if (left === 0) return;
    const count = left === null ? wat.op("i32.sub", extent, wat.get(axis.variable)) : wat.i32(left);
    const rest = (): void => {
      const code = this.#w.scoped([axis.variable, ...changing], null, () => {
        if (wat.constantOf(count) !== null) {
          body(1, count);
          return;
        }
        const local = this.#w.local("left", "i32");
        this.#w.add(wat.set(local, count));
        body(1, wat.get(local));
      });
      if (left !== null) this.#w.add(...code);
      else this.#w.add(wat.when(wat.op("i32.lt_s", wat.get(axis.variable), extent), code));
    };
    rest();
  }

  /** Sums down columns: lanes along an axis of the result, tiles of rows of it. */
  #columns(piece: Piece, sum: Reduction, lane: Axis, row: Axis | null): void {
    const isProduct = factorsOf(sum) !== null;
    const mode: Mode = isProduct && this.#e.lanes === 4 ? "narrow" : "wide";
    // As many accumulators as registers hold, besides what a round reads.
    const most = this.#e.parts(mode) === 1 ? 8 : 4;
    const tiles = most === 8 ? [[4, 2], [2, 4], [1, 8]] : [[2, 2], [1, 4]]; // prettier-ignore
    const shapes = row === null ? [[1, most]] : tiles;
    const tile = (rows: number, vectors: number, count: Code | null, panel: Packed | null): void => {
      const cells = Array.from({ length: rows }, (_, r) =>
        Array.from({ length: vectors }, (_, v) =>
          this.#at(lane, v, new Map(row === null ? [] : [[row.variable, r]]), count),
        ),
      ).flat();
      const sums = cells.map((): Sum => this.#start(sum, mode));
      if (panel !== null) this.#w.add(wat.set(panel.at, wat.get(panel.start)));
      this.#reduce(sum, sum.axes, sums, mode, cells, panel);
      const ends = cells.map((at, k): Position => ({ ...at, sums: new Map([[sum.name, sums[k]]]) }));
      this.#stores.finish(piece, ends, count);
    };
    const columns = (rows: number, widths: readonly number[]): void => {
      this.#w.add(wat.set(lane.variable, wat.i32(0)));
      this.#strips(lane, widths, false, [accumulatorKey(sum.name)], (vectors, count) => {
        tile(rows, vectors, count, null);
      });
    };
    if (row === null) {
      columns(1, [shapes[0][1], 1]);
      return;
    }
    const rowByRow = (heights: readonly (readonly number[])[]): void => {
      this.#w.add(wat.set(row.variable, wat.i32(0)));
      this.#rows(row, heights.map(([rows]) => rows), [], (rows) => {
        const [, vectors] = heights.find(([r]) => r === rows) ?? heights[0];
        columns(rows, [...new Set([vectors, 1])]);
      }); // prettier-ignore
    };
    const plan = panelOf(piece, lane, row, this.#dependence);
    if (plan === null || this.#given.panel === null) {
      rowByRow(shapes);
      return;
    }
    const packed = (): void => {
      this.#packed(plan, lane, row, mode, this.#given.panel ?? "", accumulatorKey(sum.name), tile);
    };
    const known = knownExtent(row);
    if (known !== null) {
      packed();
      return;
    }
    const isWorth = wat.op("i32.ge_s", this.#extent(row), wat.i32(fewestRows));
    const few = this.#w.scoped([], null, () => {
      rowByRow(shapes.slice(1));
    });
    this.#w.add(wat.when(isWorth, this.#w.scoped([], null, packed), few));
  }

  /** A block of columns after the other: each copied to panels, along which all rows pass. What is left is read where it is. */
  #packed(
    plan: Panel,
    lane: Axis,
    row: Axis,
    mode: Mode,
    begin: string,
    changing: string,
    tile: (rows: number, vectors: number, count: Code | null, panel: Packed | null) => void,
  ): void {
    const width = panelVectors * this.#e.lanes;
    const columns = this.#extent(lane);
    const known = wat.constantOf(columns);
    const whole = known === null ? wat.op("i32.and", columns, wat.i32(-width)) : wat.i32(known - (known % width));
    const [block, end, start, at] = ["block", "block_end", "panel_start", "panel_at"].map((n) =>
      this.#w.local(n, "i32"),
    );
    const panel: Packed = { ...plan, start, at, lane: lane.variable, vectors: panelVectors };
    const bytes = wat.times(this.#extent(plan.depth), wat.i32(16 * panelVectors));
    const size = width * panelsOfBlock;
    this.#w.add(wat.set(block, wat.i32(0)));
    this.#w.loop(block, wat.plus(whole, wat.i32(size - width)), size, false, [], () => {
      const last = wat.plus(wat.get(block), wat.i32(size));
      this.#w.add(wat.set(end, wat.op("select", last, whole, wat.op("i32.lt_s", last, whole))));
      const columnsOf = Array.from({ length: panelVectors }, (_, v) => this.#at(lane, v, new Map(), null));
      pack(this.#w, this.#e, mode, { panel, lane, begin, block, end, bytes }, columnsOf, this.#extent(plan.depth));
      this.#w.add(wat.set(row.variable, wat.i32(0)));
      this.#rows(row, [4, 2, 1], [], (rows) => {
        this.#w.add(wat.set(lane.variable, wat.get(block)), wat.set(start, wat.get(begin)));
        this.#w.loop(lane.variable, wat.get(end), width, false, [changing], () => {
          tile(rows, panelVectors, null, panel);
          this.#w.add(wat.set(start, wat.op("i32.add", wat.get(start), bytes)));
        });
      });
    });
    if (known !== null && known % width === 0) return;
    this.#w.add(wat.set(row.variable, wat.i32(0)));
    this.#rows(row, [4, 2, 1], [], (rows) => {
      this.#w.add(wat.set(lane.variable, whole));
      const rest = (vectors: number, count: Code | null): void => {
        tile(rows, vectors, count, null);
      };
      this.#strips(lane, [1], false, [changing], rest, known === null ? null : known % width);
    });
  }

  /** Runs `body` over tiles of the rows, largest first. */
  #rows(row: Axis, heights: readonly number[], changing: readonly string[], body: (rows: number) => void): void {
    let left = knownExtent(row);
    const extent = this.#extent(row);
    for (const rows of heights) {
      if (left === null || left >= rows)
        this.#w.loop(row.variable, extent, rows, false, changing, () => {
          body(rows);
        });
      if (left !== null) left %= rows;
    }
  }

  /** Locals of an accumulator, set to what a sum starts from. */
  #start(sum: Reduction, mode: Mode): Sum & { readonly kind: Mode } {
    const locals = Array.from({ length: this.#e.parts(mode) }, () => {
      const local = this.#w.local(sum.name, "v128");
      this.#w.add(wat.set(local, splatted(mode, sum.initial)));
      return local;
    });
    return { kind: mode, locals };
  }

  /** Rounds over the axes that are summed over; `panel`: where one factor is read from, if it was packed. */
  #reduce(
    sum: Reduction,
    axes: readonly Axis[],
    sums: readonly Sum[],
    mode: Mode,
    cells: readonly Position[],
    panel: Packed | null,
  ): void {
    if (axes.length === 0) {
      this.#accumulate(sum, sums, mode, cells, null, panel);
      return;
    }
    const [axis, ...rest] = axes;
    this.#w.add(wat.set(axis.variable, wat.i32(0)));
    const known = knownExtent(axis);
    const isInnermost = rest.length === 0;
    const unrolled = isInnermost && (known === null || known >= 2) && cells.length <= 8 ? 2 : 1;
    const rounds = (count: number): void => {
      if (panel !== null) {
        const next = wat.op("i32.add", wat.get(panel.at), wat.i32(16 * panel.vectors * count));
        this.#w.scope.stream?.latch.push(wat.set(panel.at, next));
      }
      for (let k = 0; k < count; k++) {
        const shifted = cells.map((at) => ({ ...at, offsets: new Map(at.offsets).set(axis.variable, k) }));
        this.#reduce(sum, rest, sums, mode, shifted, panel);
      }
    };
    for (const count of new Set([unrolled, 1])) {
      if (count === 1 && unrolled > 1 && known !== null && known % unrolled === 0) continue;
      this.#w.loop(axis.variable, this.#extent(axis), count, isInnermost, [], () => {
        rounds(count);
      });
    }
  }

  #accumulate(
    sum: Reduction,
    sums: readonly Sum[],
    mode: Mode,
    cells: readonly Position[],
    mask: readonly string[] | null,
    panel: Packed | null,
  ): void {
    const factors = factorsOf(sum);
    const shape = mode === "narrow" ? "f32x4" : "f64x2";
    for (const [c, at] of cells.entries()) {
      const own = sums[c];
      if (own.kind === "number") throw new Error("internal: a vector is added to a number");
      const masked = (code: Code, k: number, neutral: number): Code =>
        mask === null ? code : wat.op("v128.bitselect", code, splatted(mode, neutral), wat.get(mask[k]));
      if (factors !== null) {
        const [a, b] = factors.map((f) =>
          panel !== null && f === panel.factor ? fromPanel(this.#w, this.#e, panel, at) : this.#e.reals(f, mode, at),
        );
        own.locals.forEach((local, k) => {
          const [x, y] = [masked(wat.get(a[k]), k, 0), masked(wat.get(b[k]), k, 0)];
          this.#w.add(wat.set(local, wat.op(`${shape}.multiply_add`, x, y, wat.get(local))));
        });
        continue;
      }
      const term = this.#e.reals(sum.term, mode, at);
      const name = { add: "add", multiply: "mul", maximum: "max", minimum: "min" }[sum.combine];
      own.locals.forEach((local, k) => {
        this.#w.add(
          wat.set(local, wat.op(`${shape}.${name}`, wat.get(local), masked(wat.get(term[k]), k, sum.initial))),
        );
      });
    }
  }

  /** A sum along its innermost axis, for one entry: the number that it comes to. */
  #depth(sum: Reduction, at: Position): Sum {
    const mode: Mode = factorsOf(sum) !== null && this.#e.lanes === 4 ? "narrow" : "wide";
    const own = this.#start(sum, mode);
    this.#alongDepth(sum, sum.axes, [own], mode, [at]);
    return { kind: "number", local: this.#gathered(sum, own) };
  }

  /** Rounds of vectors along the innermost axis, and one of what is left, in which not all lanes count. */
  #alongDepth(
    sum: Reduction,
    axes: readonly Axis[],
    sums: readonly Sum[],
    mode: Mode,
    cells: readonly Position[],
  ): void {
    const [axis, ...rest] = axes;
    this.#w.add(wat.set(axis.variable, wat.i32(0)));
    if (rest.length > 0) {
      this.#w.loop(axis.variable, this.#extent(axis), 1, false, [], () => {
        this.#alongDepth(sum, rest, sums, mode, cells);
      });
      return;
    }
    this.#strips(axis, [1], true, [], (_, count) => {
      const inLanes = cells.map((at): Position => ({ ...at, lane: axis.variable, limit: count }));
      const mask = count === null ? null : this.#mask(mode, count);
      this.#accumulate(sum, sums, mode, inLanes, mask, null);
    });
  }

  /** Masks of the first `count` lanes. */
  #mask(mode: Mode, count: Code): readonly string[] {
    const first = this.#w.local("counts", "v128");
    this.#w.add(wat.set(first, wat.op("i32x4.lt_s", wat.op("v128.const i32x4 0 1 2 3"), wat.op("i32x4.splat", count))));
    if (mode === "narrow") return [first];
    return Array.from({ length: this.#e.parts(mode) }, (_, k) => {
      const local = this.#w.local("counts", "v128");
      this.#w.add(wat.set(local, wat.op(`i64x2.extend_${k === 0 ? "low" : "high"}_i32x4_s`, wat.get(first))));
      return local;
    });
  }

  /** The lanes of an accumulator combined: the local of a double. */
  #gathered(sum: Reduction, own: Sum & { readonly kind: Mode }): string {
    const name = { add: "add", multiply: "mul", maximum: "max", minimum: "min" }[sum.combine];
    let vector: Code;
    if (own.kind === "narrow") {
      const [low, high] = [wat.get(own.locals[0]), wat.op("i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15", wat.get(own.locals[0]), wat.get(own.locals[0]))]; // prettier-ignore
      vector = wat.op(`f64x2.${name}`, wat.op("f64x2.promote_low_f32x4", low), wat.op("f64x2.promote_low_f32x4", high));
    } else {
      vector = own.locals.map(wat.get).reduce((a, b) => wat.op(`f64x2.${name}`, a, b));
    }
    const both = this.#w.local(sum.name, "v128");
    this.#w.add(wat.set(both, vector));
    const [first, second] = [0, 1].map((k) => wat.op(`f64x2.extract_lane ${k}`, wat.get(both)));
    const local = this.#w.local(sum.name, "f64");
    this.#w.add(wat.set(local, wat.op(`f64.${name}`, first, second)));
    return local;
  }

  /** Products of rows of both factors, lanes along what is summed over: tiles of rows by as many columns as there are lanes. */
  #products(piece: Piece, sum: Reduction, lane: Axis, row: Axis | null): void {
    const { lanes } = this.#e;
    const mode: Mode = lanes === 4 ? "narrow" : "wide";
    const tile = (rows: number, columns: number): void => {
      const cells = Array.from({ length: rows }, (_, r) =>
        Array.from({ length: columns }, (_, c): Position => {
          const offsets = new Map([[lane.variable, c]]);
          if (row !== null) offsets.set(row.variable, r);
          return { offsets, lane: null, limit: null, sums: new Map() };
        }),
      ).flat();
      const sums = cells.map(() => this.#start(sum, mode));
      this.#alongDepth(sum, sum.axes, sums, mode, cells);
      const ends = Array.from({ length: rows }, (_, r): Position => {
        const own = sums.slice(r * columns, (r + 1) * columns);
        const vector = this.#transposed(own.map((s) => s.locals[0]));
        const local = this.#w.local(sum.name, "v128");
        this.#w.add(wat.set(local, vector));
        const at = this.#at(lane, 0, new Map(row === null ? [] : [[row.variable, r]]), null);
        return { ...at, sums: new Map([[sum.name, { kind: mode, locals: [local] }]]) };
      });
      this.#stores.finish(piece, ends, columns === lanes ? null : wat.i32(columns));
    };
    // Rows inside: what each block of columns reads stays near while all rows pass.
    this.#w.add(wat.set(lane.variable, wat.i32(0)));
    let left = knownExtent(lane);
    for (const columns of [lanes, 1]) {
      if (left === null || left >= columns)
        this.#w.loop(lane.variable, this.#extent(lane), columns, false, [accumulatorKey(sum.name)], () => {
          if (row === null) {
            tile(1, columns);
            return;
          }
          this.#w.add(wat.set(row.variable, wat.i32(0)));
          this.#rows(row, [2, 1], [accumulatorKey(sum.name)], (rows) => {
            tile(rows, columns);
          });
        });
      if (left !== null) left %= columns;
    }
  }

  /** One vector of the sums over the lanes of each of the vectors; of a single one, in the first lane. */
  #transposed(vectors: readonly string[]): Code {
    const shape = this.#e.lanes === 4 ? "f32x4" : "f64x2";
    const [a, b, c, d] = vectors.map(wat.get);
    const pairs = (x: Code, y: Code): Code =>
      wat.op("f32x4.add", wat.op(`i8x16.shuffle ${lanesText([0, 4, 1, 5], 4)}`, x, y), wat.op(`i8x16.shuffle ${lanesText([2, 6, 3, 7], 4)}`, x, y)); // prettier-ignore
    if (shape === "f64x2") {
      const other = vectors.length === 1 ? a : b;
      return wat.op("f64x2.add", wat.op(`i8x16.shuffle ${lanesText([0, 2], 8)}`, a, other), wat.op(`i8x16.shuffle ${lanesText([1, 3], 8)}`, a, other)); // prettier-ignore
    }
    const [x, y] = vectors.length === 1 ? [pairs(a, a), pairs(a, a)] : [pairs(a, b), pairs(c, d)];
    const [first, second] = [x, y].map((code) => {
      const local = this.#w.local("pairs", "v128");
      this.#w.add(wat.set(local, code));
      return wat.get(local);
    });
    return wat.op("f32x4.add", wat.op(`i8x16.shuffle ${lanesText([0, 1, 4, 5], 4)}`, first, second), wat.op(`i8x16.shuffle ${lanesText([2, 3, 6, 7], 4)}`, first, second)); // prettier-ignore
  }

  /** Entry by entry. */
  #scalarSum(piece: Piece, sum: Reduction): void {
    const each = (): void => {
      const local = this.#w.local(sum.name, "f64");
      this.#w.add(wat.set(local, wat.op(`f64.const ${wat.numeral(sum.initial)}`)));
      const name = { add: "add", multiply: "mul", maximum: "max", minimum: "min" }[sum.combine];
      this.#over(sum.axes, () => {
        this.#w.add(wat.set(local, wat.op(`f64.${name}`, wat.get(local), this.#e.float(sum.term, start))));
      });
      this.#stores.finish(piece, [{ ...start, sums: new Map([[sum.name, { kind: "number", local }]]) }], null);
    };
    this.#over(piece.axes, each, [accumulatorKey(sum.name)]);
  }

  /** Whether the pieces read what their lanes choose: such addresses are not made for lanes that do not count. */
  #choosesByLane(piece: Piece, lane: string): boolean {
    const scalars = [...piece.stores.map((s) => s.value), ...(piece.sum === null ? [] : [piece.sum.term])];
    return scalars.flatMap(loadsOf).some(({ index }) => strideOf(index, lane, this.#dependence) === null);
  }
}

/** The bytes of a shuffle that takes these lanes, of `width` bytes each, from two vectors. */
function lanesText(lanes: readonly number[], width: number): string {
  return lanes.flatMap((lane) => Array.from({ length: width }, (_, byte) => lane * width + byte)).join(" ");
}
