// Views of the same entries become one node, whatever cut them out; and they are the same entries.
import { expect, test } from "vitest";
import { constant, constantOf, symbol } from "../../src/ir/dim.ts";
import * as e from "../../src/ir/expressions.ts";
import type { Node } from "../../src/ir/graph.ts";
import { evaluate, tensor } from "../../src/ir/interpreter.ts";
import { Views } from "../../src/ir/views.ts";
import { createBuilder } from "../../src/primitives/index.ts";
import { graphOf, parameter } from "../5-simplify/support.ts";

const b = createBuilder();

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

/** Cuts, joins, turns and reshapes at random. */
function viewOf(bases: readonly Node[], below: (n: number) => number): Node {
  let node = bases[below(bases.length)];
  const cut = (x: Node): Node => {
    const axes = x.shape.map((dim) => {
      const length = constantOf(dim) ?? 0;
      const start = below(length);
      const step = below(4) === 0 ? (below(2) === 0 ? 2 : -1) : 1;
      const most = step > 0 ? Math.ceil((length - start) / step) : start + 1;
      const all = below(3) === 0 ? { start: 0, size: length, step: 1 } : { start, size: 1 + below(most), step };
      return { ...all, start: constant(all.start), size: constant(all.size) };
    });
    return e.slice(b, x, axes);
  };
  for (let k = 0; k < 6; k++) {
    const rank = node.shape.length;
    const axis = rank === 0 ? 0 : below(rank) - rank;
    const size = rank === 0 ? 0 : (constantOf(node.shape[rank + axis]) ?? 0);
    const kind = below(6);
    if (kind === 0) node = cut(node);
    else if (kind === 1 && size > 1) {
      // One place is left out, as in a minor.
      const out = below(size);
      const part = (start: number, count: number): Node =>
        e.slice(b, node, node.shape.map((dim, n) => n === rank + axis ? { start: constant(start), size: constant(count), step: 1 } : { start: constant(0), size: dim, step: 1 })); // prettier-ignore
      node = b.create("concat", [part(0, out), part(out + 1, size - out - 1)], { axis });
    } else if (kind === 2 && rank > 1) node = e.transpose(b, node, [-1, -2]);
    else if (kind === 3)
      node = e.reshape(b, node, node.shape.filter((dim) => constantOf(dim) !== 1)); // prettier-ignore
    else if (kind === 4 && rank < 4) node = e.reshape(b, node, [constant(1), ...node.shape]);
    else if (kind === 5 && size > 0) {
      const count = 1 + below(size);
      const places = Array.from({ length: count }, () => e.reshape(b, e.constant(b, below(size), "index"), [constant(1)])); // prettier-ignore
      const index = count === 1 ? places[0] : b.create("concat", places, { axis: -1 });
      const front = [axis, ...node.shape.map((_, n) => n - rank).filter((n) => n !== axis)];
      const back = front.map((_, n) => front.indexOf(n - rank) - rank);
      node = e.transpose(b, b.create("gather", [e.transpose(b, node, front), index], { batch: 0 }), back);
    }
  }
  return node;
}

function entriesOf(node: Node): string {
  const inputs = new Map(["x", "y"].map((name, k) => [name, tensor([4, 5], Array.from({ length: 20 }, (_, n) => 20 * k + n))])); // prettier-ignore
  const value = evaluate(graphOf({ node }), inputs, { dims: new Map() }).get("node");
  return `[${value?.shape.join(", ")}] ${value?.data.join(" ")}`;
}

test("views of one tensor: the same entries are the same node", () => {
  const views = new Views(b);
  const x = parameter(b, "x", [4, 5]);
  const nodes = new Map<string, Node>();
  for (let seed = 1; seed <= 400; seed++) {
    const node = viewOf([x], random(seed * 7919));
    const normal = views.normal(node);
    const entries = entriesOf(node);
    expect(entriesOf(normal), `seed ${seed}`).toBe(entries);
    expect(views.normal(normal)).toBe(normal);
    // Where an axis repeats an entry of an axis of one entry it might walk either; such stay as they are written.
    const cells = entries.split("] ")[1].split(" ");
    if (new Set(cells).size < cells.length) continue;
    const known = nodes.get(entries) ?? normal;
    expect(known, `seed ${seed}: ${entries}`).toBe(normal);
    nodes.set(entries, normal);
  }
  expect(nodes.size).toBeGreaterThan(100);
});

test("parts of joined tensors are parts of the tensors", () => {
  const views = new Views(b);
  const [x, y] = [parameter(b, "x", [4, 5]), parameter(b, "y", [4, 5])];
  const both = b.create("concat", [x, y, x], { axis: -1 });
  for (let seed = 1; seed <= 200; seed++) {
    const node = viewOf([both, b.create("concat", [y, x], { axis: -2 })], random(seed * 104729));
    const normal = views.normal(node);
    expect(entriesOf(normal), `seed ${seed}`).toBe(entriesOf(node));
    expect(views.normal(normal)).toBe(normal);
  }
  const cut = (start: number, size: number): Node =>
    e.slice(b, both, [{ start: constant(start), size: constant(size), step: 1 }]);
  expect(views.normal(cut(5, 5))).toBe(y);
  expect(views.normal(b.create("concat", [cut(0, 2), cut(2, 3)], { axis: -1 }))).toBe(x);
});

test("symbolic sizes: neighbours are joined, unknown places stay", () => {
  const views = new Views(b);
  const z = parameter(b, "z", ["n", 3]);
  const [n, one] = [symbol("n"), constant(1)];
  const rows = (start: number, size: Node["shape"][number], step = 1): Node =>
    e.slice(b, z, [{ start: constant(start), size, step }, { start: constant(0), size: constant(3), step: 1 }]); // prettier-ignore
  const joined = b.create("concat", [rows(0, n)], { axis: -2 });
  expect(views.normal(joined)).toBe(z);
  const first = rows(0, one);
  expect(views.normal(e.slice(b, first, [{ start: constant(1), size: one, step: 1 }]))).toBe(
    views.normal(e.slice(b, z, [{ start: constant(0), size: one, step: 1 }, { start: constant(1), size: one, step: 1 }])), // prettier-ignore
  );
});
