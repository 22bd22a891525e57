/** Loop nests: each group of nodes becomes one kernel. */
import * as dims from "../ir/dim.ts";
import type { Dim, Shape } from "../ir/dim.ts";
import { is } from "../ir/expressions.ts";
import type { AnyNode, Node } from "../ir/graph.ts";
import type { Combine, Scalar } from "../ir/program.ts";
import { Access, isContiguous, plus, type Place } from "./access.ts";
import { shareInPlace } from "./batches.ts";
import { KernelBuilder, type Block, type Finished } from "./blocks.ts";
import type { ScheduleOptions } from "./buffers.ts";
import type { Group } from "./groups.ts";
import { roleOf } from "./materialize.ts";
import type { TakenNames } from "./names.ts";
import { buildRoutine, diagonalTerms, isDiagonalReduction } from "./routine-nests.ts";
import type { Target } from "./session.ts";
import { combineOf, neutral } from "./spell.ts";
import { productTiles } from "./tiles.ts";

export interface NestContext {
  readonly placeOf: (node: Node) => Place | null;
  /** The buffers that a node's value is written to; empty where only this kernel reads it. */
  readonly targetsOf: (node: Node) => readonly Target[];
  /** The buffer that a node is computed with, for this kernel alone. */
  readonly workOf: (node: Node) => string | null;
  /** The name under which a literal or parameter is delivered as a number, or null. */
  readonly copyOf: (node: Node) => string | null;
  /** What a subscript is called where it is refused. */
  readonly nameOf: (node: Node) => string;
  readonly inlinedCalls: ScheduleOptions["inlinedCalls"];
  /** Names that locals may not have. */
  readonly taken: TakenNames;
}

const zero = dims.constant(0);
const axisNames = ["i", "j", "k", "l", "m"];

/** The statements of one group. */
export function buildNest(group: Group, context: NestContext): Finished {
  const nest = new Nest(group, context, true);
  nest.build();
  return nest.placed();
}

/** The loops of one group over single entries, their expressions as they are. */
export function buildUntiled(group: Group, context: NestContext): Finished {
  const nest = new Nest(group, context, false);
  nest.build();
  return nest.unplaced();
}

class Nest {
  readonly #group: Group;
  readonly #context: NestContext;
  readonly #kernel: KernelBuilder;
  readonly #access: Access;
  readonly #isTiled: boolean;

  constructor(group: Group, context: NestContext, isTiled: boolean) {
    this.#isTiled = isTiled;
    this.#group = group;
    this.#context = context;
    this.#kernel = new KernelBuilder(context.taken);
    this.#access = new Access(this.#kernel.scalars, context.placeOf);
  }

  placed(): Finished {
    const share = this.#group.kind === "value" ? shareInPlace : 1;
    return this.#kernel.finish({ inlinedCalls: this.#context.inlinedCalls, share });
  }

  unplaced(): Finished {
    return this.#kernel.unplaced();
  }

  build(): void {
    const { kind, lead } = this.#group;
    const { root } = this.#kernel;
    const node = lead as AnyNode | null;
    if (node === null) {
      if (kind === "check") this.#check();
      else if (kind === "value") this.#finishTile(root, []);
      else if (this.#isFlat()) this.#flat();
      else
        this.#over(root, this.#group.shape, (block, at) => {
          this.#finishTile(block, at);
        });
    } else if (kind === "routine") {
      buildRoutine(this.#kernel, this.#access, node, this.#context);
    } else if (kind === "sum") {
      this.#sum(node);
    } else if (node.primitive === "argmax" || node.primitive === "argmin") {
      this.#search(node);
    } else if (node.primitive === "concat") {
      this.#concat(node);
    } else if (node.primitive === "scatter_add") {
      this.#scatter(node);
    } else if (node.primitive === "fold") {
      this.#fold(node);
    }
  }

  #check(): void {
    const { scalars, root } = this.#kernel;
    this.#over(root, this.#group.shape, (block, at) => {
      for (const { index, size } of this.#group.checks) {
        this.#kernel.check(block, this.#access.read(index, at), scalars.dim(size), this.#context.nameOf(index));
      }
    });
  }

  /** Loops over `shape`, axes of size 1 left out. */
  #over(
    block: Block,
    shape: Shape,
    body: (block: Block, at: readonly Scalar[]) => void,
    names: readonly string[] = axisNames,
  ): void {
    const { scalars } = this.#kernel;
    const at: Scalar[] = [];
    let inner = block;
    shape.forEach((size, k) => {
      if (dims.constantOf(size) === 1) {
        at.push(scalars.dim(zero));
        return;
      }
      const loop = this.#kernel.loop(inner, names[Math.min(k, names.length - 1)], scalars.dim(zero), scalars.dim(size));
      inner = loop.block;
      at.push(loop.variable);
    });
    body(inner, at);
  }

  /** Whether every member reads storage only at its own position: then one loop over all elements does. */
  #isFlat(): boolean {
    const { shape, members } = this.#group;
    if (shape.length < 2) return false;
    const seen = new Set<Node>();
    const pending = [...members];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      if (node.shape.length === 0) continue;
      const place = members.includes(node) && roleOf(node) !== "source" ? null : this.#context.placeOf(node);
      if (place !== null) {
        if (!isContiguous(place)) return false;
        continue;
      }
      if (node.primitive === "broadcast" && node.operands[0].shape.length === 0) continue;
      if (node.primitive === "random") continue;
      if (roleOf(node) !== "elementwise") return false;
      pending.push(...node.operands);
    }
    return true;
  }

  /** One loop over all elements: a position is (0, .., 0, flat), which has the flat address. */
  #flat(): void {
    const { scalars } = this.#kernel;
    const { shape } = this.#group;
    const total = scalars.dim(dims.product(shape));
    const { block, variable } = this.#kernel.loop(this.#kernel.root, "i", scalars.dim(zero), total);
    this.#finishTile(block, [...shape.slice(1).map(() => scalars.dim(zero)), variable]);
  }

  /** Computes and stores every member at `at`, and the lead where it is wanted. */
  #finishTile(block: Block, at: readonly Scalar[], leadValue: Scalar | null = null): void {
    const { lead, members } = this.#group;
    const stores: { target: Target; value: Scalar }[] = [];
    const take = (node: Node, value: Scalar): void => {
      this.#access.set(node, at, value);
      for (const target of this.#context.targetsOf(node)) stores.push({ target, value });
      const place = this.#context.placeOf(node);
      const copy = this.#context.copyOf(node);
      if (copy !== null) this.#kernel.deliver(copy, value);
      else if (place?.kind === "number" && roleOf(node) !== "source") this.#kernel.deliver(place.name, value);
    };
    if (lead !== null && leadValue !== null) take(lead, leadValue);
    for (const member of members) {
      const value =
        roleOf(member) === "source" ? this.#access.read(member, at) : this.#access.compute(member as AnyNode, at);
      take(member, value);
    }
    for (const { target, value } of stores) {
      this.#kernel.store(block, target.buffer, this.#access.rowAddress(this.#group.shape, at, target), value);
    }
  }

  #sum(node: AnyNode): void {
    const { scalars, root } = this.#kernel;
    const { reduced, term, tiles, combine } = this.#summation(node);
    const shape = node.shape;
    const tile = (block: Block, cells: readonly (readonly Scalar[])[]): void => {
      const sums = cells.map(() => this.#kernel.declare(block, "sum", neutral(combine, node.element), node.element));
      this.#over(
        block,
        reduced,
        (inner, at) => {
          cells.forEach((cell, c) => {
            this.#kernel.accumulate(inner, sums[c], combine, term(cell, at));
          });
        },
        ["k", "l", "m"],
      );
      cells.forEach((cell, c) => {
        this.#finishTile(block, cell, sums[c]);
      });
    };
    const along = (block: Block, axis: number, cells: readonly (readonly Scalar[])[]): void => {
      if (axis === shape.length) {
        tile(block, cells);
        return;
      }
      const extend = (b: Block, positions: readonly Scalar[]): void => {
        along(b, axis + 1, cells.flatMap((cell) => positions.map((p) => [...cell, p]))); // prettier-ignore
      };
      const size = dims.constantOf(shape[axis]);
      const width = this.#isTiled ? tileWidth(tiles[axis], size) : 1;
      const name = axisNames[Math.min(axis, axisNames.length - 1)];
      const from = scalars.dim(zero);
      if (size === 1) {
        extend(block, [from]);
      } else if (width <= 1) {
        const loop = this.#kernel.loop(block, name, from, scalars.dim(shape[axis]));
        extend(loop.block, [loop.variable]);
      } else {
        const whole = dims.multiply(dims.floorDivide(shape[axis], dims.constant(width)), dims.constant(width));
        const positions = (start: Scalar, count: number): Scalar[] =>
          Array.from({ length: count }, (_, k) => plus(scalars, start, k));
        if (size === width) {
          extend(block, positions(from, width));
          return;
        }
        const main = this.#kernel.loop(block, name, from, scalars.dim(whole), width);
        extend(main.block, positions(main.variable, width));
        if (size === null) {
          const rest = this.#kernel.loop(block, name, scalars.dim(whole), scalars.dim(shape[axis]));
          extend(rest.block, [rest.variable]);
        } else if (size % width !== 0) {
          extend(this.#kernel.scope(block), positions(scalars.dim(whole), size % width));
        }
      }
    };
    along(root, 0, [[]]);
  }

  /** What is added, over which axes, and how many results of each axis are computed side by side. */
  #summation(node: AnyNode): {
    readonly reduced: Shape;
    readonly term: (cell: readonly Scalar[], at: readonly Scalar[]) => Scalar;
    readonly tiles: readonly number[];
    readonly combine: Combine;
  } {
    const { scalars } = this.#kernel;
    if (node.primitive === "contract") {
      const [x, y] = node.operands;
      const { left, right, result } = node.attributes;
      const lead = node.shape.length - result.length;
      const summed = [...new Set([...left, ...right])].filter((label) => !result.includes(label));
      const sizeOf = (label: string): Dim => {
        const k = left.indexOf(label);
        if (k >= 0) return x.shape[x.shape.length - left.length + k];
        return y.shape[y.shape.length - right.length + right.indexOf(label)];
      };
      const position = (
        operand: Node,
        labels: readonly string[],
        cell: readonly Scalar[],
        at: readonly Scalar[],
      ): Scalar[] => {
        const own = operand.shape.length - labels.length;
        const of = (label: string): Scalar =>
          result.includes(label) ? cell[lead + result.indexOf(label)] : at[summed.indexOf(label)];
        return [...cell.slice(lead - own, lead), ...labels.map(of)];
      };
      return {
        reduced: summed.map(sizeOf),
        term: (cell, at) => {
          const a = this.#access.read(x, position(x, left, cell, at));
          const b = this.#access.read(y, position(y, right, cell, at));
          return scalars.operation("multiply", [a, b], "real");
        },
        tiles: contractionTiles(node, lead),
        combine: "add",
      };
    }
    if (isDiagonalReduction(node)) {
      return {
        ...diagonalTerms(node, scalars, this.#access),
        tiles: node.shape.map(() => 1),
        combine: combineOf(node),
      };
    }
    const [x] = node.operands;
    const axes = (node.attributes as { readonly axes: readonly number[] }).axes.map((axis) => x.shape.length + axis);
    const kept = x.shape.map((_, k) => k).filter((k) => !axes.includes(k));
    const last = kept.at(-1);
    return {
      reduced: axes.map((axis) => x.shape[axis]),
      term: (cell, at) => {
        const full = new Array<Scalar>(x.shape.length);
        kept.forEach((axis, k) => (full[axis] = cell[k]));
        axes.forEach((axis, k) => (full[axis] = at[k]));
        return this.#access.read(x, full);
      },
      // Sums over outer axes go down several neighbouring columns at once.
      tiles:
        productTiles(x, kept, (n) => this.#context.placeOf(n) !== null) ??
        kept.map((axis) => (axis === last && axes.every((a) => a < axis) ? 4 : 1)),
      combine: combineOf(node),
    };
  }

  /** The position of the largest (smallest) element; the first of ties; the first NaN wins. */
  #search(node: Node<"argmax"> | Node<"argmin">): void {
    const { scalars, root } = this.#kernel;
    const [x] = node.operands;
    const axis = x.shape.length + node.attributes.axis;
    const larger = node.primitive === "argmax";
    this.#over(root, node.shape, (block, at) => {
      const best = this.#kernel.declare(block, "best", larger ? -Infinity : Infinity, x.element);
      const where = this.#kernel.declare(block, "where", 0, "index");
      const none = this.#kernel.declare(block, "found", 0, "index");
      this.#over(
        block,
        [x.shape[axis]],
        (inner, [k]) => {
          const value = this.#access.read(x, [...at.slice(0, axis), k, ...at.slice(axis)]);
          const current = scalars.changing(best);
          const better = scalars.operation("less", larger ? [current, value] : [value, current], "bool");
          const isNaN = (s: Scalar): Scalar => scalars.operation("is_nan", [s], "bool");
          const fresh = scalars.operation("not", [isNaN(current)], "bool");
          const firstNaN = scalars.operation("and", [isNaN(value), fresh], "bool");
          const first = scalars.operation("equal", [scalars.changing(none), scalars.dim(zero)], "bool");
          const wins = x.element === "real" ? scalars.operation("or", [better, firstNaN], "bool") : better;
          const then = this.#kernel.when(inner, scalars.operation("or", [first, wins], "bool"));
          this.#kernel.assign(then, best, value);
          this.#kernel.assign(then, where, k);
          this.#kernel.assign(then, none, scalars.dim(dims.constant(1)));
        },
        ["k"],
      );
      this.#finishTile(block, at, where);
    });
  }

  #concat(node: Node<"concat">): void {
    const axis = node.shape.length + node.attributes.axis;
    let offset = zero;
    for (const operand of node.operands) {
      const shift = offset;
      this.#over(this.#kernel.root, operand.shape, (block, at) => {
        const value = this.#access.read(operand, at);
        const to = at.map((s, k) => (k === axis ? this.#kernel.scalars.shifted(s, shift) : s));
        for (const target of this.#context.targetsOf(node)) {
          this.#kernel.store(block, target.buffer, this.#access.rowAddress(node.shape, to, target), value);
        }
      });
      offset = dims.add(offset, operand.shape[axis]);
    }
  }

  #scatter(node: Node<"scatter_add">): void {
    const [i, updates] = node.operands;
    const { batch } = node.attributes;
    this.#clear(node);
    this.#over(this.#kernel.root, updates.shape, (block, at) => {
      const chosen = this.#access.read(i, at.slice(0, i.shape.length));
      const to = [...at.slice(0, batch), chosen, ...at.slice(i.shape.length)];
      this.#addTo(block, node, to, this.#access.read(updates, at));
    });
  }

  /** Also folds of folds that have no storage of their own: each cell goes to its place at once. */
  #fold(node: Node<"fold">): void {
    const folds = [node];
    for (let [x] = node.operands; is(x, "fold") && this.#context.placeOf(x) === null; [x] = x.operands) folds.push(x);
    const x = folds[folds.length - 1].operands[0];
    this.#clear(node);
    this.#over(this.#kernel.root, x.shape, (block, at) => {
      const to = folds.reduceRight((from, fold) => this.#folded(fold, from), at);
      this.#addTo(block, node, to, this.#access.read(x, at));
    });
  }

  /** Where a fold puts the cell at `at` of its operand. */
  #folded(
    { operands: [x], attributes: { axis, stride, dilation } }: Node<"fold">,
    at: readonly Scalar[],
  ): readonly Scalar[] {
    const k = x.shape.length + axis;
    const position = this.#kernel.scalars.affine(zero, [
      { scalar: at[k - 1], coefficient: dims.constant(stride) },
      { scalar: at[k], coefficient: dims.constant(dilation) },
    ]);
    return [...at.slice(0, k - 1), position, ...at.slice(k + 1)];
  }

  #clear(node: Node): void {
    const { root, scalars } = this.#kernel;
    for (const target of this.#context.targetsOf(node)) {
      if (target.row === null && target.start === undefined) this.#kernel.fill(root, target.buffer, 0);
      else
        this.#over(root, node.shape, (block, at) => {
          this.#kernel.store(
            block,
            target.buffer,
            this.#access.rowAddress(node.shape, at, target),
            scalars.number(0, node.element),
          );
        });
    }
  }

  #addTo(block: Block, node: Node, at: readonly Scalar[], value: Scalar): void {
    for (const target of this.#context.targetsOf(node)) {
      this.#kernel.storeAdd(block, target.buffer, this.#access.rowAddress(node.shape, at, target), value);
    }
  }
}

/** A width near the wanted one that leaves no rest, where the size is known and there is one. */
function tileWidth(wanted: number, size: number | null): number {
  if (size === null || wanted === 1) return wanted;
  if (size <= wanted) return size;
  const near = [wanted, wanted + 1, wanted - 1, wanted + 2, wanted - 2].filter((w) => w > 1);
  return near.find((w) => size % w === 0) ?? wanted;
}

/** Four rows of the left factor by four columns of the right one, accumulated in locals. */
function contractionTiles(node: Node<"contract">, lead: number): readonly number[] {
  const { left, right, result } = node.attributes;
  const isLong = (label: string): boolean => dims.constantOf(node.shape[lead + result.indexOf(label)]) !== 1;
  const free = (own: readonly string[], other: readonly string[]): string | undefined =>
    result.filter((label) => own.includes(label) && !other.includes(label) && isLong(label)).at(-1);
  const row = free(left, right);
  const column = free(right, left);
  const width = row === undefined || column === undefined ? 8 : 4;
  return node.shape.map((_, k) => {
    const label = k < lead ? undefined : result[k - lead];
    return label !== undefined && (label === row || label === column) ? width : 1;
  });
}
