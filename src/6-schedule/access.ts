/** The scalar expression of one element of a node, read where its value is: in storage, or computed on the spot. */
import * as dims from "../ir/dim.ts";
import type { AnyNode, Node } from "../ir/graph.ts";
import type { AffineTerm, Scalar } from "../ir/program.ts";
import { stridesOf } from "./layout.ts";
import { matchAxes } from "./materialize.ts";
import type { ScalarBuilder } from "./scalars.ts";
import { elementwiseScalar } from "./spell.ts";

/** Where in a buffer: in the row that an argument counts, `start` entries after the beginning. */
export interface Region {
  readonly row?: string | null;
  readonly start?: dims.Dim;
}

/** Where a node is found. `row`: its entries are those of one row, which this argument counts. */
export type Place =
  | (Region & { readonly kind: "buffer"; readonly buffer: string })
  /** A number of the entry point. */
  | { readonly kind: "number"; readonly name: string; readonly row?: null }
  /** In the body of a loop: what `node`, of the graph around it, is there. */
  | { readonly kind: "alias"; readonly node: Node; readonly row: string | null; readonly frame: Placing };

/** How a graph knows its places. */
export interface Placing {
  /** Tells it from all others. */
  readonly key: number;
  readonly placeOf: (node: Node) => Place | null;
}

/** Whether the elements of a node lie one after the other, as its shape says, where the place is. */
export function isContiguous(place: Place): boolean {
  if (place.kind !== "alias") return true;
  const inner = place.frame.placeOf(place.node);
  return inner !== null && isContiguous(inner);
}

const one = dims.constant(1);

/** Reads elements within one kernel. Index tuples are scalars, one an axis. */
export class Access {
  readonly scalars: ScalarBuilder;
  readonly #placeOf: (node: Node) => Place | null;
  readonly #memo = new Map<string, Scalar>();
  readonly #strides = new Map<dims.Shape, readonly dims.Dim[]>();
  /** What reads the graphs around a loop's body, by their numbers. */
  readonly #outer = new Map<number, Access>();
  #guarded = false;

  constructor(scalars: ScalarBuilder, placeOf: (node: Node) => Place | null) {
    this.scalars = scalars;
    this.#placeOf = placeOf;
  }

  /** Says that the element of `node` at `at` is known as `value` in this kernel. */
  set(node: Node, at: readonly Scalar[], value: Scalar): void {
    this.#memo.set(keyOf(node, at), value);
  }

  /** The element of `node` at `at`, from storage where it is stored. */
  read(node: Node, at: readonly Scalar[]): Scalar {
    const key = keyOf(node, at);
    const guarded = this.#guarded ? `${key}?` : null;
    const known = (guarded === null ? undefined : this.#memo.get(guarded)) ?? this.#memo.get(key);
    if (known !== undefined) return known;
    const place = this.#placeOf(node);
    const value = place === null ? this.compute(node as AnyNode, at) : this.#fromPlace(place, node, at);
    this.#memo.set(guarded ?? key, value);
    return value;
  }

  #fromPlace(place: Place, node: Node, at: readonly Scalar[]): Scalar {
    if (place.kind === "number") return this.scalars.argument(place.name, node.element);
    if (place.kind === "alias") {
      const access = this.#around(place.frame);
      access.#guarded = this.#guarded;
      const row = place.row === null ? [] : [this.scalars.argument(place.row, "index")];
      return access.read(place.node, [...row, ...at]);
    }
    const address = this.rowAddress(node.shape, at, place);
    return this.scalars.load(place.buffer, address, node.element, this.#guarded);
  }

  #around(frame: Placing): Access {
    const known = this.#outer.get(frame.key) ?? new Access(this.scalars, frame.placeOf);
    this.#outer.set(frame.key, known);
    return known;
  }

  /** The address of `at` in a region. */
  rowAddress(shape: dims.Shape, at: readonly Scalar[], region: Region): Scalar {
    return this.inRow(shape, this.address(shape, at), region);
  }

  /** An address in a row of this shape, or in all of a region, as one in the whole buffer. */
  inRow(shape: dims.Shape, address: Scalar, { row = null, start = dims.constant(0) }: Region): Scalar {
    if (row === null && dims.constantOf(start) === 0) return address;
    const inside: AffineTerm = { scalar: address, coefficient: one };
    if (row === null) return this.scalars.affine(start, [inside]);
    const round = { scalar: this.scalars.argument(row, "index"), coefficient: dims.product(shape) };
    return this.scalars.affine(start, [round, inside]);
  }

  /** The flat row-major address of `at`. */
  address(shape: dims.Shape, at: readonly Scalar[]): Scalar {
    let strides = this.#strides.get(shape);
    if (strides === undefined) this.#strides.set(shape, (strides = stridesOf(shape)));
    return this.scalars.affine(
      dims.constant(0),
      at.map((scalar, k): AffineTerm => ({ scalar, coefficient: strides[k] })),
    );
  }

  /** The element of `node` at `at`, computed from its operands whether it is stored or not. */
  compute(node: AnyNode, at: readonly Scalar[]): Scalar {
    const scalars = this.scalars;
    const rank = node.shape.length;
    switch (node.primitive) {
      case "constant":
        return scalars.number(node.attributes.value, node.attributes.element);
      case "dimension":
        return scalars.dim(node.attributes.dim);
      case "iota":
        return at[0];
      case "parameter":
      case "table":
        throw new Error(`internal: a ${node.primitive} without place`);
      case "random": {
        const [seed, step] = node.operands.map((o) => this.read(o, []));
        return scalars.random(seed, step, node.attributes.site, this.address(node.shape, at));
      }
      case "mark":
      case "stop_gradient":
        return this.read(node.operands[0], at);
      case "broadcast": {
        const { axes } = node.attributes;
        const lead = node.operands[0].shape.length - axes.length;
        return this.read(node.operands[0], [...at.slice(0, lead), ...axes.map((axis) => at[rank + axis])]);
      }
      case "reshape":
        return this.#reshape(node, at);
      case "transpose": {
        const { permutation } = node.attributes;
        const from = at.slice();
        permutation.forEach((axis, k) => (from[rank + axis] = at[rank - permutation.length + k]));
        return this.read(node.operands[0], from);
      }
      case "slice": {
        const { axes } = node.attributes;
        const lead = rank - axes.length;
        const from = axes.map((axis, k) =>
          scalars.affine(axis.start, [{ scalar: at[lead + k], coefficient: dims.constant(axis.step) }]),
        );
        return this.read(node.operands[0], [...at.slice(0, lead), ...from]);
      }
      case "pad":
        return this.#pad(node, at);
      case "window": {
        const { axis, stride, dilation } = node.attributes;
        const k = rank + axis;
        const position = scalars.affine(dims.constant(0), [
          { scalar: at[k - 1], coefficient: dims.constant(stride) },
          { scalar: at[k], coefficient: dims.constant(dilation) },
        ]);
        return this.read(node.operands[0], [...at.slice(0, k - 1), position, ...at.slice(k + 1)]);
      }
      case "gather": {
        const [x, i] = node.operands;
        const { batch } = node.attributes;
        const chosen = this.read(i, at.slice(0, i.shape.length));
        return this.read(x, [...at.slice(0, batch), chosen, ...at.slice(i.shape.length)]);
      }
      default:
        return elementwiseScalar(
          scalars,
          node,
          node.operands.map((o) => this.read(o, at)),
        );
    }
  }

  #reshape(node: Node<"reshape">, at: readonly Scalar[]): Scalar {
    const [x] = node.operands;
    const place = this.#placeOf(x);
    if (place?.kind === "buffer") {
      const address = this.rowAddress(node.shape, at, place);
      return this.scalars.load(place.buffer, address, x.element, this.#guarded);
    }
    const groups = matchAxes(x.shape, node.shape);
    if (groups === null) return this.read(x, this.#positionOf(x.shape, this.address(node.shape, at)));
    const from = groups.map((group) =>
      this.address(
        group.map((axis) => node.shape[axis]),
        group.map((axis) => at[axis]),
      ),
    );
    return this.read(x, from);
  }

  /** The position that has a flat address, by divisions: where an axis is cut of what has no storage of its own. */
  #positionOf(shape: dims.Shape, address: Scalar): Scalar[] {
    const scalars = this.scalars;
    const strides = stridesOf(shape);
    return shape.map((size, k) => {
      const whole = scalars.operation("floor_divide", [address, scalars.dim(strides[k])], "index");
      return k === 0 ? whole : scalars.operation("modulo", [whole, scalars.dim(size)], "index");
    });
  }

  /** The operand inside, 0 in the cells around and between. The operand is read only inside. */
  #pad(node: Node<"pad">, at: readonly Scalar[]): Scalar {
    const scalars = this.scalars;
    const [x] = node.operands;
    const { axes } = node.attributes;
    const lead = node.shape.length - axes.length;
    let inside = scalars.number(1, "bool");
    const both = (condition: Scalar): void => {
      inside = scalars.operation("and", [inside, condition], "bool");
    };
    const from = at.slice(0, lead);
    axes.forEach((axis, k) => {
      const size = x.shape[lead + k];
      let position = scalars.shifted(at[lead + k], dims.negate(axis.low));
      if (axis.interior > 0) {
        const step = scalars.dim(dims.constant(axis.interior + 1));
        both(scalars.operation("equal", [scalars.operation("modulo", [position, step], "index"), scalars.dim(dims.constant(0))], "bool")); // prettier-ignore
        position = scalars.operation("floor_divide", [position, step], "index");
      }
      const starts = dims.isNonNegative(dims.negate(axis.low)) === true;
      if (!starts) both(scalars.operation("less_equal", [scalars.dim(dims.constant(0)), position], "bool"));
      const ends = axis.interior === 0 && dims.isNonNegative(dims.negate(axis.high)) === true;
      if (!ends) both(scalars.operation("less", [position, scalars.dim(size)], "bool"));
      from.push(position);
    });
    if (inside.kind === "number") return inside.value === 0 ? scalars.number(0, node.element) : this.read(x, from);
    const before = this.#guarded;
    this.#guarded = true;
    const value = this.read(x, from);
    this.#guarded = before;
    return scalars.choose(inside, value, scalars.number(0, node.element));
  }
}

function keyOf(node: Node, at: readonly Scalar[]): string {
  let key = `${node.id}@`;
  for (const { id } of at) key += `${id},`;
  return key;
}

/** i + k for a constant k. */
export function plus(scalars: ScalarBuilder, i: Scalar, k: number): Scalar {
  return k === 0 ? i : scalars.affine(dims.constant(k), [{ scalar: i, coefficient: one }]);
}
