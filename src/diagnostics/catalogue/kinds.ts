import type { Catalogue } from "./row.ts";

/** Kinds: tensors of reals, index values and bools against the integers, shapes, axes and texts of compile time. */
export const kinds = {
  "wrong-kind": {
    severity: "error",
    message: (a: { what: string; wanted: string; found: string }) => `${a.what} wants ${a.wanted}, not ${a.found}`,
  },
  "not-a-value": {
    severity: "error",
    message: (a: { name: string; found: string }) => `\`${a.name}\` is ${a.found} and has no value of its own`,
  },
  "not-an-integer": {
    severity: "error",
    message: (a: { what: string; found: string }) =>
      `${a.what} must be an integer known at compile time, not ${a.found}`,
  },
  "dim-not-exact": {
    severity: "error",
    message: (a: { left: string; right: string }) =>
      `${a.left} / ${a.right}: in a dimension \`/\` is exact, and ${a.right} does not divide ${a.left} for certain`,
  },
  "dim-negative": {
    severity: "error",
    message: (a: { dim: string }) => `a dimension cannot be ${a.dim}: it is less than 0`,
  },
  "index-wanted": {
    severity: "error",
    message: (a: { what: string; found: string }) => `${a.what} wants integers (\`index\`), not ${a.found}`,
  },
  "index-bound": {
    severity: "error",
    message: (a: { what: string; found: string; size: string }) =>
      `${a.what} holds integers up to ${a.found}, past the ${a.size} entries that it chooses from`,
  },
  "bool-wanted": {
    severity: "error",
    message: (a: { what: string; found: string }) => `${a.what} wants a comparison or a bool, not ${a.found}`,
  },
  "bool-subscript": {
    severity: "error",
    message: () =>
      "a tensor cannot be subscripted by bools: how many elements that selects is not known at compile time",
  },
  "several-values": {
    severity: "error",
    message: (a: { what: string; count: number }) => `${a.what} gives ${a.count} values, and one is wanted here`,
  },
  "value-count": {
    severity: "error",
    message: (a: { wanted: number; found: number }) =>
      `${a.wanted === 1 ? "one name" : `${a.wanted} names`} on the left of \`=\`, but ${a.found === 1 ? "one value" : `${a.found} values`} on the right`,
  },
  "list-mixed": {
    severity: "error",
    message: (a: { first: string; other: string }) =>
      `the elements of a list have one shape, but here are ${a.first} and ${a.other}`,
  },
  "transpose-of-vector": {
    severity: "error",
    message: (a: { shape: string }) =>
      `\`.T\` swaps the last two axes, and ${a.shape} has ${a.shape === "[]" ? "none" : "only one"}`,
  },
  "empty-list": {
    severity: "error",
    message: () => "an empty list has no shape of its own: it cannot become a tensor",
  },
} as const satisfies Catalogue;
