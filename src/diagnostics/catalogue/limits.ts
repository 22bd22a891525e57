import type { Catalogue } from "./row.ts";

/** Limits of a program past its text (whose limits stand with the syntax). */
export const limits = {
  "too-many-nodes": {
    severity: "error",
    message: (a: { what: string; limit: number }) => `${a.what} expands to more than ${a.limit} graph nodes`,
  },
  "sparse-too-large": {
    severity: "error",
    message: (a: { item: string; found: number; limit: number }) =>
      `${a.found} entries of a sparse derivative of \`${a.item}\` can be nonzero; the limit is ${a.limit}`,
  },
  "tensor-too-large": {
    severity: "error",
    message: (a: { shape: string; elements: string }) =>
      `a tensor of shape ${a.shape} has ${a.elements} elements; the limit is 2^31 (2147483648)`,
  },
  "dim-too-large": {
    severity: "error",
    message: (a: { reason: string }) => a.reason,
  },
  "number-too-large-for-precision": {
    severity: "error",
    message: (a: { text: string; precision: string }) => `\`${a.text}\` is too large for ${a.precision} numbers`,
  },
} as const satisfies Catalogue;
