import type { Catalogue } from "./row.ts";

/** Shapes: inferred and checked at compile time, symbolic dims included. */
export const shapes = {
  "shapes-differ": {
    severity: "error",
    message: (a: { operator: string; left: string; right: string }) =>
      `\`${a.operator}\` cannot broadcast ${a.left} with ${a.right}: from the right, sizes must be equal or 1`,
  },
  "product-shapes": {
    severity: "error",
    message: (a: { left: string; right: string; inner: string; outer: string }) =>
      `\`@\` cannot multiply ${a.left} by ${a.right}: ${a.inner} is not ${a.outer}`,
  },
  "product-of-scalar": {
    severity: "error",
    message: (a: { side: string }) => `\`@\` multiplies matrices and vectors, and the ${a.side} side is a scalar`,
  },
  "wrong-shape": {
    severity: "error",
    message: (a: { what: string; wanted: string; found: string }) =>
      `${a.what} has the shape ${a.found}, and ${a.wanted} is wanted`,
  },
  "axis-out-of-range": {
    severity: "error",
    message: (a: { axis: number; shape: string; rank: number }) =>
      a.rank === 0
        ? `there is no axis ${a.axis}: the tensor is a scalar`
        : `there is no axis ${a.axis} in ${a.shape}: axes go from ${-a.rank} to ${a.rank - 1}`,
  },
  "axis-twice": {
    severity: "error",
    message: (a: { axis: number }) => `axis ${a.axis} is named twice`,
  },
  "index-out-of-range": {
    severity: "error",
    message: (a: { index: string; size: string }) => `there is no element ${a.index} in an axis of size ${a.size}`,
  },
  "index-range": {
    severity: "error",
    message: (a: { index: string; low: string; high: string; size: string; last: string }) =>
      `\`${a.index}\` goes from ${a.low} to ${a.high}, but an axis of size ${a.size} has the elements 0 to ${a.last}`,
  },
  "index-bound-varies": {
    severity: "error",
    message: (a: { index: string; bound: string }) =>
      `the bound \`${a.bound}\` of \`${a.index}\` varies with another index: rows would differ in length`,
  },
  "index-counts-down": {
    severity: "error",
    message: (a: { index: string; from: string; to: string }) =>
      `the index \`${a.index}\` would go from ${a.from} up to ${a.to}, which is less`,
  },
  "too-many-subscripts": {
    severity: "error",
    message: (a: { found: number; rank: number; shape: string }) =>
      a.rank === 0
        ? "a scalar has no elements to choose from"
        : `${a.found} subscripts for ${a.shape}, which has ${a.rank === 1 ? "one axis" : `${a.rank} axes`}`,
  },
  "slice-step": {
    severity: "error",
    message: () => "the step of a slice cannot be 0",
  },
  "slice-bounds": {
    severity: "error",
    message: (a: { slice: string; size: string; requirement: string }) =>
      `\`${a.slice}\` of an axis of size ${a.size} needs ${a.requirement}, which never holds`,
  },
  requirement: {
    severity: "error",
    message: (a: { requirement: string }) => `this needs ${a.requirement}, which never holds`,
  },
  "symbolic-parameter": {
    severity: "error",
    message: (a: { what: "parameter" | "state"; name: string; shape: string; symbols: readonly string[] }) =>
      `the shape of ${a.what} \`${a.name}\` must be known: ${a.shape} depends on ${a.symbols.map((s) => `\`${s}\``).join(" and ")}`,
  },
  "leading-dims-here": {
    severity: "error",
    message: (a: { name: string }) => `\`${a.name}\`: leading dimensions (\`...\`) need a concrete shape here`,
  },
  "shape-fault": {
    severity: "error",
    message: (a: { why: string }) => a.why,
  },
  "shared-shape": {
    severity: "error",
    message: (a: { path: string; first: string; second: string }) =>
      `\`${a.path}\` is ${a.first} from the first use of its layer, and this use would make it ${a.second}`,
  },
} as const satisfies Catalogue;
