import type { Catalogue } from "./row.ts";

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

/** Calls: positional and named arguments against parameters. */
export const calls = {
  "too-many-arguments": {
    severity: "error",
    message: (a: { name: string; wanted: number; found: number }) =>
      `\`${a.name}\` takes ${plural(a.wanted, "argument")}, and ${a.found} are given`,
  },
  "missing-argument": {
    severity: "error",
    message: (a: { name: string; argument: string }) => `\`${a.name}\` needs the argument \`${a.argument}\``,
  },
  "unknown-argument": {
    severity: "error",
    message: (a: { name: string; argument: string }) => `\`${a.name}\` has no argument \`${a.argument}\``,
  },
  "argument-twice": {
    severity: "error",
    message: (a: { name: string; argument: string }) =>
      `the argument \`${a.argument}\` of \`${a.name}\` is given twice`,
  },
  "positional-after-named": {
    severity: "error",
    message: () => "an argument without a name cannot follow one with a name",
  },
  "argument-shape": {
    severity: "error",
    message: (a: { name: string; argument: string; wanted: string; found: string }) =>
      `\`${a.argument}\` of \`${a.name}\` is ${a.wanted}, and ${a.found} is given`,
  },
  "dim-conflict": {
    severity: "error",
    message: (a: { name: string; dim: string; first: string; second: string }) =>
      `in this call of \`${a.name}\` the dimension \`${a.dim}\` would be both ${a.first} and ${a.second}`,
  },
  "argument-value": {
    severity: "error",
    message: (a: { name: string; argument: string; wanted: string; found: string }) =>
      `\`${a.argument}\` of \`${a.name}\` must be ${a.wanted}, not ${a.found}`,
  },
  "not-callable": {
    severity: "error",
    message: (a: { name: string; found: string }) => `\`${a.name}\` is ${a.found} and cannot be called`,
  },
  "no-return": {
    severity: "error",
    message: (a: { name: string }) => `\`${a.name}\` returns nothing`,
  },
  unreachable: {
    severity: "error",
    message: () => "nothing runs after `return`",
  },
  "dims-not-solved": {
    severity: "error",
    message: (a: { name: string; argument: string; dims: readonly string[] }) =>
      `the shape of \`${a.argument}\` alone does not tell ${a.dims.map((dim) => `\`${dim}\``).join(" and ")} of \`${a.name}\``,
  },
  "draw-outside-model": {
    severity: "error",
    message: () => "random numbers and the training step exist only in a model",
  },
  "too-many-calls": {
    severity: "error",
    message: (a: { limit: number }) => `this expands to more than ${a.limit} calls`,
  },
  "too-many-rounds": {
    severity: "error",
    message: (a: { found: number; limit: number }) =>
      `\`repeat\` is expanded at compile time: ${a.found} rounds are more than ${a.limit}`,
  },
  "endless-recursion": {
    severity: "error",
    message: (a: { name: string; why: string }) => `\`${a.name}\` calls itself without end: ${a.why}`,
  },
  "recursion-too-deep": {
    severity: "error",
    message: (a: { name: string; limit: number; calls: string }) =>
      `calls of \`${a.name}\` nest more than ${a.limit} deep: ${a.calls}`,
  },
  "recursion-of-layer": {
    severity: "error",
    message: (a: { name: string }) => `the layer \`${a.name}\` calls itself; only a function may`,
  },
  "calls-too-deep": {
    severity: "error",
    message: (a: { limit: number }) => `expressions and calls nest more than ${a.limit} deep here`,
  },
} as const satisfies Catalogue;
