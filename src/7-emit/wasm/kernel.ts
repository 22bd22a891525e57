/** One kernel of a program as a WebAssembly function. */
import type { Axis, Piece, Reduction, Store } from "./plan.ts";
import { factorsOf, knownExtent, lanesOfPiece, loadsOf } from "./plan.ts";
import { accumulatorKey, Dependence, strideOf } from "./dependence.ts";
import { Evaluator, laneOf, splatted } from "./evaluate.ts";
import { Unsupported, type Given, type Mode, type Position, type Sum } from "./numbers.ts";
import type { FunctionWriter } from "./scopes.ts";
import * as dims from "../../ir/dim.ts";
import * as wat from "./syntax.ts";
import type { Code } from "./syntax.ts";

/** The function that stores the first lanes of a vector. */
export const storePart = "store_lanes";

const start: Position = { offsets: new Map(), lane: null, limit: null, sums: new Map() };

/** Writes the code of pieces. Throws Unsupported where one of them has none. */
export class PieceWriter {
  readonly #w: FunctionWriter;
  readonly #e: Evaluator;
  readonly #given: Given;
  readonly #dependence: Dependence;

  constructor(w: FunctionWriter, given: Given) {
    this.#w = w;
    this.#given = given;
    this.#dependence = new Dependence();
    this.#e = new Evaluator(w, given, this.#dependence);
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
        this.#finish(piece, [start], null);
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
        this.#finish(piece, [{ ...start, sums: new Map([[sum.name, number]]) }], null);
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
      this.#finish(piece, at, count);
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
  ): void {
    const { lanes } = this.#e;
    const known = knownExtent(axis);
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
    const tile = (rows: number, vectors: number, count: Code | null): void => {
      const cells = Array.from({ length: rows }, (_, r) =>
        Array.from({ length: vectors }, (_, v) =>
          this.#at(lane, v, new Map(row === null ? [] : [[row.variable, r]]), count),
        ),
      ).flat();
      const sums = cells.map((): Sum => this.#start(sum, mode));
      this.#reduce(sum, sum.axes, sums, mode, cells, null);
      const ends = cells.map((at, k): Position => ({ ...at, sums: new Map([[sum.name, sums[k]]]) }));
      this.#finish(piece, ends, count);
    };
    const columns = (rows: number, widths: readonly number[]): void => {
      this.#w.add(wat.set(lane.variable, wat.i32(0)));
      this.#strips(lane, widths, false, [accumulatorKey(sum.name)], (vectors, count) => {
        tile(rows, vectors, count);
      });
    };
    if (row === null) {
      columns(1, [shapes[0][1], 1]);
      return;
    }
    this.#w.add(wat.set(row.variable, wat.i32(0)));
    this.#rows(row, shapes.map(([rows]) => rows), (rows) => {
      const [, vectors] = shapes.find(([r]) => r === rows) ?? shapes[0];
      columns(rows, [...new Set([vectors, 1])]);
    }); // prettier-ignore
  }

  /** Runs `body` over tiles of the rows, largest first. */
  #rows(row: Axis, heights: readonly number[], body: (rows: number) => void): void {
    let left = knownExtent(row);
    const extent = this.#extent(row);
    for (const rows of heights) {
      if (left === null || left >= rows)
        this.#w.loop(row.variable, extent, rows, false, [], () => {
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

  /** Rounds over the axes that are summed over; `mask`: lanes that count, where not all do. */
  #reduce(
    sum: Reduction,
    axes: readonly Axis[],
    sums: readonly Sum[],
    mode: Mode,
    cells: readonly Position[],
    mask: readonly string[] | null,
  ): void {
    if (axes.length === 0) {
      this.#accumulate(sum, sums, mode, cells, mask);
      return;
    }
    const [axis, ...rest] = axes;
    this.#w.add(wat.set(axis.variable, wat.i32(0)));
    const known = knownExtent(axis);
    const isInnermost = rest.length === 0;
    const unrolled = isInnermost && (known === null || known >= 2) && cells.length <= 8 ? 2 : 1;
    if (unrolled > 1)
      this.#w.loop(axis.variable, this.#extent(axis), unrolled, true, [], () => {
        for (let k = 0; k < unrolled; k++) {
          const shifted = cells.map((at) => ({ ...at, offsets: new Map(at.offsets).set(axis.variable, k) }));
          this.#reduce(sum, rest, sums, mode, shifted, mask);
        }
      });
    if (unrolled === 1 || known === null || known % unrolled !== 0)
      this.#w.loop(axis.variable, this.#extent(axis), 1, isInnermost, [], () => {
        this.#reduce(sum, rest, sums, mode, cells, mask);
      });
  }

  #accumulate(
    sum: Reduction,
    sums: readonly Sum[],
    mode: Mode,
    cells: readonly Position[],
    mask: readonly string[] | null,
  ): void {
    const factors = factorsOf(sum);
    const shape = mode === "narrow" ? "f32x4" : "f64x2";
    for (const [c, at] of cells.entries()) {
      const own = sums[c];
      if (own.kind === "number") throw new Error("internal: a vector is added to a number");
      const masked = (code: Code, k: number, neutral: number): Code =>
        mask === null ? code : wat.op("v128.bitselect", code, splatted(mode, neutral), wat.get(mask[k]));
      if (factors !== null) {
        const [a, b] = factors.map((f) => this.#e.reals(f, mode, at));
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
      this.#accumulate(sum, sums, mode, inLanes, mask);
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
      this.#finish(piece, ends, columns === lanes ? null : wat.i32(columns));
    };
    const across = (rows: number): void => {
      this.#w.add(wat.set(lane.variable, wat.i32(0)));
      let left = knownExtent(lane);
      for (const columns of [lanes, 1]) {
        if (left === null || left >= columns)
          this.#w.loop(lane.variable, this.#extent(lane), columns, false, [accumulatorKey(sum.name)], () => {
            tile(rows, columns);
          });
        if (left !== null) left %= columns;
      }
    };
    if (row === null) {
      across(1);
      return;
    }
    this.#w.add(wat.set(row.variable, wat.i32(0)));
    this.#rows(row, [2, 1], across);
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
      this.#finish(piece, [{ ...start, sums: new Map([[sum.name, { kind: "number", local }]]) }], null);
    };
    this.#over(piece.axes, each, [accumulatorKey(sum.name)]);
  }

  /** Computes all that is stored at these positions, then stores it; `count`: of one vector, how many lanes. */
  #finish({ stores, values }: Piece, positions: readonly Position[], count: Code | null): void {
    const writes = positions.flatMap((at) => stores.map((store) => this.#write(store, at, count)));
    for (const write of writes) write();
    if (positions.length > 1 && values.length > 0) throw new Error("internal: a number of several positions");
    for (const { value } of values) this.#deliver(value, positions[0]);
  }

  #deliver(value: Parameters<Evaluator["float"]>[0], at: Position): void {
    if (value.element === "real") this.#w.add(wat.op("f64.store", wat.i32(0), this.#e.float(value, at)));
    else this.#w.add(this.#e.int(value, at));
  }

  /** Computes what is stored; storing is left to the function that this gives. */
  #write({ buffer, index, value }: Store, at: Position, count: Code | null): () => void {
    const { element } = this.#given.buffer(buffer);
    if (at.lane === null) {
      const { pointer, offset } = this.#e.address(buffer, index, at);
      const code = element === "real" ? this.#e.float(value, at) : this.#e.int(value, at);
      const name = element === "real" ? (this.#e.lanes === 4 ? "f32.store" : "f64.store") : element === "bool" ? "i32.store8" : "i32.store"; // prettier-ignore
      const stored = element === "real" && this.#e.lanes === 4 ? wat.op("f32.demote_f64", code) : code;
      return () => {
        this.#w.add(wat.op(wat.access(name, offset), pointer, stored));
      };
    }
    const stride = strideOf(index, at.lane, this.#dependence);
    const vector = this.#stored(value, element, at);
    if (stride === null || dims.constantOf(stride) !== 1) {
      if (count !== null) throw new Unsupported("scattered lanes");
      const { lane } = at;
      const addresses = Array.from({ length: this.#e.lanes }, (_, k) => this.#e.address(buffer, index, laneOf(at, lane, k))); // prettier-ignore
      return () => {
        addresses.forEach(({ pointer, offset }, k) => {
          this.#w.add(wat.op(`${wat.access(`v128.store${128 / this.#e.lanes}_lane`, offset)} ${k}`, pointer, vector));
        });
      };
    }
    const { pointer, offset } = this.#e.address(buffer, index, at);
    return () => {
      this.#w.add(...this.#storing(pointer, offset, vector, count, element));
    };
  }

  /** What a buffer of this type holds of a value, lane by lane. */
  #stored(value: Store["value"], element: Store["value"]["element"], at: Position): Code {
    if (element === "index") return wat.get(this.#e.ints(value, at));
    if (element === "bool") throw new Unsupported("stored truth values");
    const mode = this.#e.modeOf(value);
    const locals = this.#e.reals(value, mode, at);
    if (mode === "narrow" || this.#e.lanes === 2) return wat.get(locals[0]);
    const local = this.#w.local("single", "v128");
    this.#w.add(wat.set(local, this.#e.demoted(locals)));
    return wat.get(local);
  }

  #storing(pointer: Code, offset: number, vector: Code, count: Code | null, element: string): readonly Code[] {
    const narrow = this.#e.lanes === 4;
    if (count === null && (narrow || element === "real")) return [wat.op(wat.access("v128.store", offset), pointer, vector)]; // prettier-ignore
    if (!narrow) {
      // Of two lanes, two or the first: integers have half the width.
      const bits = element === "real" ? 64 : 32;
      if (count === null) return [wat.op(`${wat.access("v128.store64_lane", offset)} 0`, pointer, vector)];
      return [wat.op(`${wat.access(`v128.store${bits}_lane`, offset)} 0`, pointer, vector)];
    }
    const known = count === null ? null : wat.constantOf(count);
    if (known === null || count === null)
      return [wat.call(storePart, wat.plus(pointer, wat.i32(offset)), vector, count ?? wat.i32(4))];
    const codes: Code[] = [];
    if (known >= 2) codes.push(wat.op(`${wat.access("v128.store64_lane", offset)} 0`, pointer, vector));
    if (known % 2 === 1)
      codes.push(wat.op(`${wat.access("v128.store32_lane", offset + (known - 1) * 4)} ${known - 1}`, pointer, vector));
    return codes;
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
