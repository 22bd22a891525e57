/** What a piece stores when its values are known: whole vectors, first lanes of one, single numbers. */
import * as dims from "../../ir/dim.ts";
import type { Dependence } from "./dependence.ts";
import { strideOf } from "./dependence.ts";
import { laneOf, type Evaluator } from "./evaluate.ts";
import { Unsupported, type Given, type Position } from "./numbers.ts";
import type { Scalar } from "../../ir/program.ts";
import type { Piece, Store } from "./plan.ts";
import type { FunctionWriter } from "./scopes.ts";
import * as wat from "./syntax.ts";
import type { Code } from "./syntax.ts";

/** The function that stores the first lanes of a vector. */
export const storePart = "store_lanes";

export class StoreWriter {
  readonly #w: FunctionWriter;
  readonly #e: Evaluator;
  readonly #given: Given;
  readonly #dependence: Dependence;

  constructor(w: FunctionWriter, e: Evaluator, given: Given, dependence: Dependence) {
    this.#w = w;
    this.#e = e;
    this.#given = given;
    this.#dependence = dependence;
  }

  /** Computes all that is stored at these positions, then stores it; `count`: of one vector, how many lanes. */
  finish({ stores, values }: Piece, positions: readonly Position[], count: Code | null): void {
    const writes = positions.flatMap((at) => stores.map((store) => this.#write(store, at, count)));
    for (const write of writes) write();
    if (positions.length > 1 && values.length > 0) throw new Error("internal: a number of several positions");
    for (const { value } of values) this.#deliver(value, positions[0]);
  }

  #deliver(value: Scalar, at: Position): void {
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
}
