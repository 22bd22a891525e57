/**
 * Which entries of a Jacobian can be nonzero, entry by entry: every entry of every node between the argument and the result
 * knows the set of the argument's entries that a derivative can flow to it from. For shapes without symbols.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import * as dims from "../ir/dim.ts";
import { is, topological } from "../ir/expressions.ts";
import type { AnyNode, Loop, Node, PrimitiveName, SparsityPattern } from "../ir/graph.ts";
import { evaluate } from "../ir/interpreter.ts";
import { partOperands } from "../ir/loop-parts.ts";
import { ColumnSets } from "./column-sets.ts";
import { allOf, rules, sizeOf, type Rule, type Sets, type Tracing } from "./pattern-rules.ts";
import { reach } from "./reach.ts";

/** So much is looked at before what is left counts as depending on all that its operands depend on. */
const patience = 2e7;

/** A derivative with more entries that can be nonzero than a module may hold. */
export class TooManyEntries extends Error {
  override readonly name = "TooManyEntries";
  readonly found: number;

  constructor(found: number) {
    super(`${found} entries can be nonzero`);
    this.found = found;
  }
}

/**
 * The pattern of dy/dx as a matrix: a row an entry of y, a column an entry of x.
 * @throws TooManyEntries where there are more than `limit`.
 */
export function patternOf(b: GraphBuilder, y: Node, x: Node, limit: number): SparsityPattern {
  const columnCount = sizeOf(x);
  const sets = new ColumnSets(columnCount);
  const own = Int32Array.from({ length: columnCount }, (_, column) => sets.single(column));
  const [found] = new Tracer(b, sets).run([y], new Map([[x, own]]));
  const count = found?.reduce((sum, set) => sum + sets.columnsOf(set).length, 0) ?? 0;
  if (count > limit) throw new TooManyEntries(count);
  const starts = [0];
  const columns: number[] = [];
  for (let row = 0; row < sizeOf(y); row++) {
    for (const column of sets.columnsOf(found?.[row] ?? 0)) columns.push(column);
    starts.push(columns.length);
  }
  return { rowCount: sizeOf(y), columnCount, starts, columns };
}

class Tracer implements Tracing {
  readonly b: GraphBuilder;
  readonly sets: ColumnSets;
  readonly #constants = new Map<Node, Float64Array | null>();
  #work = 0;

  constructor(b: GraphBuilder, sets: ColumnSets) {
    this.b = b;
    this.sets = sets;
  }

  /** The sets of the roots, given those of some nodes. */
  run(roots: readonly Node[], given: ReadonlyMap<Node, Int32Array>): readonly Sets[] {
    const known = new Map<Node, readonly Sets[]>();
    for (const node of reach(this.b, roots, new Set(given.keys()))) {
      const own = given.get(node);
      const of = (k: number): Sets => known.get(node.operands[k])?.[0] ?? null;
      if (own !== undefined) known.set(node, [own]);
      else if (is(node, "loop")) known.set(node, this.#loop(node, node.operands.map((_, k) => of(k)))); // prettier-ignore
      else if (is(node, "loop_result")) known.set(node, [known.get(node.operands[0])?.[node.attributes.index] ?? null]);
      else known.set(node, [this.#node(node as AnyNode, node.operands.map((_, k) => of(k)))]); // prettier-ignore
    }
    return roots.map((root) => known.get(root)?.[0] ?? null);
  }

  #node(node: AnyNode, operands: readonly Sets[]): Int32Array {
    this.#work += sizeOf(node);
    if (this.#isTired()) return this.everything(node, operands);
    return (rules[node.primitive] as Rule<PrimitiveName>)(this, node, operands);
  }

  readonly affords = (more: number): boolean => {
    if (this.#work + more > patience) return false;
    this.#work += more;
    return true;
  };

  #isTired(): boolean {
    return this.#work + this.sets.work > patience;
  }

  readonly everything = (node: Node, operands: readonly Sets[]): Int32Array =>
    new Int32Array(sizeOf(node)).fill(this.sets.unionOf(allOf(operands)));

  readonly constantOf = (node: Node): Float64Array | null => {
    const known = this.#constants.get(node);
    if (known !== undefined) return known;
    const made = topological([node]);
    const isFixed = made.every(({ primitive }) => !varying.has(primitive));
    const graph = { parameters: [], outputs: [{ name: "constant", node, updates: null }], requirements: [] };
    const affordable = made.reduce((sum, n) => sum + sizeOf(n), 0);
    const value = isFixed && this.affords(affordable) ? evaluate(graph, new Map(), { dims: new Map() }).get("constant") : undefined; // prettier-ignore
    const found = value?.data ?? null;
    this.#constants.set(node, found);
    return found;
  };

  /** Round by round. Where data decides how many there are, a carry may be that of any. */
  #loop(node: Node<"loop">, operands: readonly Sets[]): readonly Sets[] {
    const { record } = node.attributes;
    const parts = partOperands(record, operands);
    const trip = dims.constantOf(record.trip);
    const outputs = [...record.carries, ...record.stackedOutputs];
    const everywhere = (): readonly Sets[] => {
      const all = this.sets.unionOf(allOf(operands));
      return outputs.map((output, k) => {
        const rounds = k < record.carries.length ? 1 : (trip ?? 0);
        return new Int32Array(rounds * sizeOf(output)).fill(all);
      });
    };
    if (trip === null || !Number.isSafeInteger(trip * outputs.length) || !this.affords(trip)) return everywhere();
    const isCertain = !record.counted && record.condition === null;
    const stacked = record.stackedOutputs.map((output) => new Int32Array(trip * sizeOf(output)));
    let carries: readonly Sets[] = parts.carries;
    const ends = carries.map((sets) => sets);
    for (let k = 0; k < trip; k++) {
      if (this.#isTired()) return everywhere();
      const t = record.reverse ? trip - 1 - k : k;
      // The last round that runs begins with what the loop is given.
      if (record.reverse && !isCertain) carries = carries.map((sets, c) => this.#either(sets, parts.carries[c]));
      const results = this.run([...record.next, ...record.stackedOutputs], bindings(record, carries, parts, t));
      carries = results.slice(0, record.next.length);
      carries.forEach((sets, c) => (ends[c] = isCertain ? sets : this.#either(ends[c], sets)));
      stacked.forEach((rows, s) => {
        const row = results[record.next.length + s];
        if (row !== null) rows.set(row, t * row.length);
      });
    }
    return [...ends, ...stacked];
  }

  #either(p: Sets, q: Sets): Sets {
    if (p === null || q === null) return p ?? q;
    return p.map((set, k) => this.sets.union(set, q[k]));
  }
}

/** What a round of a loop reads that a derivative can flow from. */
function bindings(
  record: Loop,
  carries: readonly Sets[],
  parts: { readonly stacked: readonly Sets[]; readonly invariants: readonly Sets[] },
  t: number,
): ReadonlyMap<Node, Int32Array> {
  const found = new Map<Node, Int32Array>();
  const bind = (node: Node, sets: Sets): void => {
    if (sets?.some((set) => set !== 0)) found.set(node, sets);
  };
  record.carries.forEach((node, k) => {
    bind(node, carries[k]);
  });
  record.stackedInputs.forEach((node, k) => {
    const size = sizeOf(node);
    bind(node, parts.stacked[k]?.subarray(t * size, (t + 1) * size) ?? null);
  });
  record.invariants.forEach((node, k) => {
    bind(node, parts.invariants[k]);
  });
  return found;
}

const varying: ReadonlySet<PrimitiveName> = new Set(["parameter", "random", "loop", "gradient", "jvp", "jacobian"]);
