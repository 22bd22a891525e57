import type { Catalogue } from "./row.ts";

/** `derive` lines and the derivative operators. */
export const derivative = {
  "derive-unknown-function": {
    severity: "error",
    message: (a: { name: string }) => `\`derive ${a.name}\`: this file has no function \`${a.name}\``,
  },
  "derive-twice": {
    severity: "error",
    message: (a: { name: string }) => `there are two \`derive\` lines for \`${a.name}\``,
  },
  "derive-unknown-kind": {
    severity: "error",
    message: (a: { found: string }) =>
      `\`${a.found}\` cannot be derived: there are value, gradient, jvp, jacobian, hessian, hvp, sparse_jacobian, sparse_hessian and none`,
  },
  "derive-unknown-argument": {
    severity: "error",
    message: (a: { name: string; argument: string }) =>
      `\`${a.name}\` has no argument \`${a.argument}\` to differentiate by`,
  },
  "derive-index-argument": {
    severity: "error",
    message: (a: { argument: string; type: string }) => `\`${a.argument}\` holds ${a.type} and has no derivative`,
  },
  "gradient-of-tensor": {
    severity: "error",
    message: (a: { what: string; shape: string }) =>
      `a gradient is of a scalar, and ${a.what} has the shape ${a.shape}`,
  },
  "sparse-without-sizes": {
    severity: "error",
    message: (a: { kind: string; argument: string; shape: string }) =>
      `which entries of a ${a.kind} can be nonzero is found at compile time, and \`${a.argument}\` is ${a.shape}`,
  },
  "gradient-of-integers": {
    severity: "error",
    message: (a: { what: string; type: string }) => `${a.what} holds ${a.type} and cannot be differentiated`,
  },
  "derivative-by-expression": {
    severity: "error",
    message: (a: { operator: string }) =>
      `\`${a.operator}\` differentiates by a name (an input, a parameter or a definition above), not by an expression`,
  },
  "derivative-by-foreign-name": {
    severity: "error",
    message: (a: { operator: string; name: string; found: string }) =>
      `\`${a.operator}\` cannot differentiate by \`${a.name}\`, which is ${a.found}`,
  },
  "direction-shape": {
    severity: "error",
    message: (a: { operator: string; name: string; wanted: string; found: string }) =>
      `the direction in \`${a.operator}\` has the shape ${a.found}, and \`${a.name}\` is ${a.wanted}`,
  },
  "derivative-is-zero": {
    severity: "warning",
    message: (a: { value: string; name: string }) => `${a.value} does not depend on \`${a.name}\`: the derivative is 0`,
  },
  "derive-no-reals": {
    severity: "error",
    message: (a: { name: string; kind: string }) => `\`${a.name}\` has no argument of reals for its ${a.kind}`,
  },
} as const satisfies Catalogue;
