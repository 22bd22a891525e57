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
  "wrong-rank": {
    severity: "error",
    message: (a: { what: string; wanted: string; found: string }) =>
      `${a.what} wants ${a.wanted}, and ${a.found} is given`,
  },
  "scalar-wanted": {
    severity: "error",
    message: (a: { what: string; found: string }) => `${a.what} must be a scalar, not ${a.found}`,
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
  permutation: {
    severity: "error",
    message: (a: { axes: string; rank: number }) => `${a.axes} is no order of the ${a.rank} axes: each stands once`,
  },
  "reshape-size": {
    severity: "error",
    message: (a: { from: string; to: string; found: string; wanted: string }) =>
      `${a.from} has ${a.found} elements and cannot become ${a.to}, which has ${a.wanted}`,
  },
  "reshape-unknown": {
    severity: "error",
    message: (a: { from: string; to: string }) => `${a.from} cannot become ${a.to}: its elements do not divide evenly`,
  },
  "reshape-several-unknown": {
    severity: "error",
    message: () => "only one size of a shape may be -1",
  },
  "squeeze-size": {
    severity: "error",
    message: (a: { axis: number; size: string; shape: string }) =>
      `axis ${a.axis} of ${a.shape} has size ${a.size}; only an axis of size 1 can go`,
  },
  "broadcast-shape": {
    severity: "error",
    message: (a: { from: string; to: string }) => `${a.from} does not broadcast to ${a.to}`,
  },
  "concat-shapes": {
    severity: "error",
    message: (a: { first: string; other: string; axis: number }) =>
      `${a.first} and ${a.other} cannot be joined along axis ${a.axis}: all other sizes must be equal`,
  },
  "stack-shapes": {
    severity: "error",
    message: (a: { first: string; other: string }) =>
      `${a.first} and ${a.other} cannot be stacked: their shapes must be equal`,
  },
  "split-size": {
    severity: "error",
    message: (a: { size: string; sections: string }) =>
      `an axis of size ${a.size} does not split into ${a.sections} equal parts`,
  },
  "index-out-of-range": {
    severity: "error",
    message: (a: { index: string; size: string }) => `there is no element ${a.index} in an axis of size ${a.size}`,
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
  "empty-reduction": {
    severity: "error",
    message: (a: { name: string; shape: string }) =>
      `\`${a.name}\` of no elements has no value: the shape is ${a.shape}`,
  },
  einsum: {
    severity: "error",
    message: (a: { text: string; why: string }) => `"${a.text}" is no product of these tensors: ${a.why}`,
  },
  "symbolic-parameter": {
    severity: "error",
    message: (a: { name: string; shape: string; symbols: readonly string[] }) =>
      `the shape of parameter \`${a.name}\` must be known: ${a.shape} depends on ${a.symbols.map((s) => `\`${s}\``).join(" and ")}`,
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
