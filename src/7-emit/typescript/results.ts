/** Results by their dotted paths: the objects that entry points return and take as `out`. */
import type { ProgramOutput } from "../../ir/program.ts";

export type ResultTree = ReadonlyMap<string, ResultTree | ProgramOutput>;

/** `gradient.x`, `gradient.y`, `value` -> { gradient: { x, y }, value }. */
export function resultTree(outputs: readonly ProgramOutput[]): ResultTree {
  const root = new Map<string, ResultTree | ProgramOutput>();
  for (const output of outputs) {
    const path = output.name.split(".");
    let at = root;
    for (const key of path.slice(0, -1)) {
      const next = at.get(key);
      const inner = next instanceof Map ? (next as Map<string, ResultTree | ProgramOutput>) : new Map<string, ResultTree | ProgramOutput>(); // prettier-ignore
      at.set(key, inner);
      at = inner;
    }
    at.set(path[path.length - 1], output);
  }
  return root;
}

/** Whether an entry of a tree is a single output. */
export function isOutput(entry: ResultTree | ProgramOutput): entry is ProgramOutput {
  return !(entry instanceof Map);
}
