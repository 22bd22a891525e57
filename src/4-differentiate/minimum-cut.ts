/** The cut of least capacity between two vertices of a network. */

export interface Edge {
  readonly from: number;
  readonly to: number;
  /** Infinity for an edge that must not be cut. */
  readonly capacity: number;
}

/**
 * For each of `count` vertices whether it lies on the side of `source`, in the least cut from `source` to `sink` that is
 * nearest to the source (maximum flow by shortest paths: Edmonds and Karp, 1972).
 *
 * @throws Error where every cut has an edge of infinite capacity.
 */
export function minimumCut(count: number, edges: readonly Edge[], source: number, sink: number): readonly boolean[] {
  // Edge 2k and its reverse 2k + 1, with the capacity that is left.
  const target: number[] = [];
  const left: number[] = [];
  const leaving: number[][] = Array.from({ length: count }, () => []);
  for (const { from, to, capacity } of edges) {
    leaving[from].push(target.length);
    leaving[to].push(target.length + 1);
    target.push(to, from);
    left.push(capacity, 0);
  }
  for (;;) {
    const by = shortestPaths(target, left, leaving, source, sink);
    if (by[sink] === null) return by.map((edge, vertex) => edge !== null || vertex === source);
    let flow = Infinity;
    const path: number[] = [];
    for (let at = sink; at !== source; at = target[path[path.length - 1] ^ 1]) {
      const edge = by[at] ?? 0;
      path.push(edge);
      flow = Math.min(flow, left[edge]);
    }
    if (flow === Infinity) throw new Error("internal: a network without a finite cut");
    for (const edge of path) {
      left[edge] -= flow;
      left[edge ^ 1] += flow;
    }
  }
}

/** For each vertex the edge by which a shortest path from `source` with capacity left arrives; null where none does. */
function shortestPaths(
  target: readonly number[],
  left: readonly number[],
  leaving: readonly (readonly number[])[],
  source: number,
  sink: number,
): readonly (number | null)[] {
  const by: (number | null)[] = leaving.map(() => null);
  const queue = [source];
  for (const vertex of queue) {
    for (const edge of leaving[vertex]) {
      const next = target[edge];
      if (next === source || by[next] !== null || left[edge] <= 0) continue;
      by[next] = edge;
      if (next === sink) return by;
      queue.push(next);
    }
  }
  return by;
}
