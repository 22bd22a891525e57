/** Which nodes a graph uses, kept up to date while parts of it are exchanged, and what an exchange costs or saves. */
import { topological } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { costOf } from "../ir/cost.ts";

export class Liveness {
  readonly #uses = new Map<Node, number>();

  constructor(roots: readonly Node[]) {
    for (const node of topological(roots)) {
      for (const operand of node.operands) this.#uses.set(operand, this.uses(operand) + 1);
    }
    for (const root of roots) this.#uses.set(root, this.uses(root) + 1);
  }

  /** How often the graph uses a node, as an operand or an output. */
  uses(node: Node): number {
    return this.#uses.get(node) ?? 0;
  }

  isLive(node: Node): boolean {
    return this.uses(node) > 0;
  }

  /**
   * Puts `after` in the place of `before` if that lowers the cost of the graph, or raises it by no more than `slack` of
   * what is saved.
   */
  exchange(before: Node, after: Node, slack: number): boolean {
    const count = this.uses(before);
    const added = this.#add(after, count);
    const freed = this.#remove(before, count);
    if (added < freed * (1 + slack)) return true;
    this.#add(before, count);
    this.#remove(after, count);
    return false;
  }

  /** Uses a node `count` times more; the cost of what was not there before. */
  #add(node: Node, count: number): number {
    let cost = 0;
    const pending: (readonly [Node, number])[] = [[node, count]];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const [next, more] = at;
      const uses = this.uses(next);
      this.#uses.set(next, uses + more);
      if (uses > 0) continue;
      cost += costOf(next);
      for (const operand of next.operands) pending.push([operand, 1]);
    }
    return cost;
  }

  #remove(node: Node, count: number): number {
    let cost = 0;
    const pending: (readonly [Node, number])[] = [[node, count]];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const [next, fewer] = at;
      const uses = this.uses(next) - fewer;
      this.#uses.set(next, uses);
      if (uses > 0) continue;
      cost += costOf(next);
      for (const operand of next.operands) pending.push([operand, 1]);
    }
    return cost;
  }
}
