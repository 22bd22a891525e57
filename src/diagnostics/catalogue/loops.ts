import type { Catalogue } from "./row.ts";

/** Faults of `for`, `scan` and `while`. */
export const loops = {
  "loop-count-unknown": {
    severity: "error",
    message: (a: { found: string }) =>
      `how many rounds there are is known only in a call: the end of the range is ${a.found}`,
  },
  "loop-max-too-small": {
    severity: "error",
    message: (a: { rounds: string; max: string }) => `${a.rounds} rounds are more than \`max ${a.max}\``,
  },
  "loop-without-carry": {
    severity: "error",
    message: (a: { word: string }) =>
      `\`${a.word}\` gives the last values of what it carries, and this one carries nothing`,
  },
  "loop-condition": {
    severity: "error",
    message: (a: { found: string }) => `the condition of \`while\` is one bool, found ${a.found}`,
  },
  "carry-changes": {
    severity: "error",
    message: (a: { name: string; start: string; next: string }) =>
      `\`${a.name}\` starts as ${a.start} and would go on as ${a.next}: what is carried keeps its type`,
  },
  "yield-undefined": {
    severity: "error",
    message: (a: { name: string }) => `\`yield ${a.name}\`: the body defines no \`${a.name}\``,
  },
  "layer-in-loop": {
    severity: "error",
    message: (a: { name: string; word: string }) =>
      `\`${a.name}\` has parameters: inside \`${a.word}\` it is not clear whether every round has its own`,
  },
  "draw-in-endless-loop": {
    severity: "error",
    message: () =>
      "random numbers are drawn for all rounds of a loop beforehand, and this one has no greatest number of rounds",
  },
  "derivative-through-rounds": {
    severity: "error",
    message: (a: { name: string }) =>
      `a derivative inside a loop is that of one round, and earlier rounds depend on \`${a.name}\` as well`,
  },
  "while-without-max": {
    severity: "error",
    message: (a: { item: string }) =>
      `\`${a.item}\`: reverse mode keeps the values of every round, and a \`while\` without \`max\` has any number of them`,
  },
} as const satisfies Catalogue;
