import type { Catalogue } from "./row.ts";

/** Subscripts of `einsum` against its operands. */
export const einsum = {
  "einsum-text": {
    severity: "error",
    message: (a: { why: string }) => a.why,
  },
  "einsum-operands": {
    severity: "error",
    message: (a: { wanted: number; found: number }) =>
      `these are the subscripts of ${a.wanted === 1 ? "one operand" : `${a.wanted} operands`}, and ${a.found === 1 ? "one is" : `${a.found} are`} given`,
  },
  "einsum-rank": {
    severity: "error",
    message: (a: { letters: string; count: number; operand: string; rank: number }) =>
      `\`${a.letters}\` names ${a.count === 1 ? "one axis" : `${a.count} axes`}, and ${a.operand} has ${a.rank === 0 ? "none" : String(a.rank)}`,
  },
  "einsum-size": {
    severity: "error",
    message: (a: { letter: string; sizes: readonly [string, string]; operands: readonly [string, string | null] }) => {
      const [[p, q], [first, second]] = [a.sizes, a.operands];
      if (second === null) return `\`${a.letter}\` is both ${p} and ${q} in ${first}`;
      return `\`${a.letter}\` is ${p} in ${first}, and ${q} in ${second}`;
    },
  },
  "einsum-result": {
    severity: "error",
    message: (a: { why: string }) => a.why,
  },
} as const satisfies Catalogue;
