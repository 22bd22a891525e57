/** What programs ought to reach. */
import { algebraRows } from "../../src/5-simplify/algebra.ts";
import { rules } from "../../src/5-simplify/rules/index.ts";
import { primitives } from "../../src/primitives/index.ts";

/** Primitives and rules that nothing in the language makes yet, and what they wait for. */
export const unreachable: ReadonlyMap<string, string> = new Map([
  ["loop", "for and scan"],
  ["loop_result", "for and scan"],
  ["window", "convolution and pooling"],
  ["fold", "convolution and pooling"],
]);

export function allPrimitives(): readonly string[] {
  return Object.keys(primitives);
}

export function allRules(): readonly string[] {
  return [...rules, ...algebraRows].map(({ name }) => name);
}

export function never(all: readonly string[], met: ReadonlyMap<string, number>): readonly string[] {
  return all.filter((name) => !met.has(name) && !unreachable.has(name));
}
