import type { Catalogue } from "./row.ts";

/** Models, layers, parameters and training. */
export const model = {
  "misplaced-statement": {
    severity: "error",
    message: (a: { statement: string; where: string; belongs: string }) =>
      `\`${a.statement}\` cannot stand in ${a.where}: it belongs in ${a.belongs}`,
  },
  "layer-outside-model": {
    severity: "error",
    message: (a: { name: string }) =>
      `\`${a.name}\` is a layer with parameters and can be called only in a model or another layer`,
  },
  "layer-in-expression": {
    severity: "error",
    message: (a: { name: string }) =>
      `the parameters of \`${a.name}\` have no name here: they belong to a definition \`h = ...\``,
  },
  "path-twice": {
    severity: "error",
    message: (a: { path: string }) => `two stored tensors have the path \`${a.path}\``,
  },
  "param-without-initial": {
    severity: "error",
    message: (a: { what: "parameter" | "state"; name: string }) => `the ${a.what} \`${a.name}\` has no initial value`,
  },
  "initial-shape": {
    severity: "error",
    message: (a: { name: string; wanted: string; found: string }) =>
      `\`${a.name}\` is ${a.wanted}, and its initial value has the shape ${a.found}`,
  },
  "initial-depends": {
    severity: "error",
    message: (a: { name: string; on: string }) =>
      `the initial value of \`${a.name}\` cannot depend on \`${a.on}\`, which is known only in a call`,
  },
  "no-output": {
    severity: "error",
    message: (a: { name: string }) => `the model \`${a.name}\` has no \`output\` and no \`loss\``,
  },
  "several-losses": {
    severity: "error",
    message: (a: { name: string }) => `the model \`${a.name}\` has more than one \`loss\``,
  },
  "several-trains": {
    severity: "error",
    message: (a: { name: string }) => `the model \`${a.name}\` has more than one \`train\``,
  },
  "train-without-loss": {
    severity: "error",
    message: (a: { name: string }) => `the model \`${a.name}\` has a \`train\` line and no \`loss\` to make smaller`,
  },
  "train-without-parameters": {
    severity: "error",
    message: (a: { name: string }) =>
      `the model \`${a.name}\` has nothing to train: no \`param\` and no layer with parameters`,
  },
  "train-form": {
    severity: "error",
    message: () => "`train` wants an optimizer with its arguments, as in `train adam(lr = 0.001)`",
  },
  "loss-shape": {
    severity: "error",
    message: (a: { what: string; found: string }) => `${a.what} must be a scalar, and its shape is ${a.found}`,
  },
  "hyper-not-a-number": {
    severity: "error",
    message: (a: { name: string }) => `\`${a.name}\` is a \`hyper\`: its value is a number known at compile time`,
  },
  "const-not-known": {
    severity: "error",
    message: (a: { name: string }) => `\`${a.name}\` is a \`const\`: its value must be known at compile time`,
  },
  "next-without-state": {
    severity: "error",
    message: (a: { name: string }) => `\`next ${a.name}\`: there is no state \`${a.name}\``,
  },
  "optimizer-form": {
    severity: "error",
    message: (a: { name: string; why: string }) => `the optimizer \`${a.name}\` ${a.why}`,
  },
  "equal-units": {
    severity: "warning",
    message: (a: { path: string }) =>
      `all units of \`${a.path}\` start equal and stay equal: nothing tells them apart in training`,
  },
  "unused-parameter": {
    severity: "warning",
    message: (a: { path: string }) => `the parameter \`${a.path}\` does not reach the loss and will not change`,
  },
  "use-form": {
    severity: "error",
    message: () => "`use` wants a layer with named arguments, as in `use enc = dense(units = 64)`",
  },
  "next-without-carry": {
    severity: "error",
    message: (a: { name: string }) => `\`next ${a.name}\`: \`${a.name}\` is not carried from round to round`,
  },
  "unused-input": {
    severity: "warning",
    message: (a: { name: string }) => `\`${a.name}\` is never used`,
  },
} as const satisfies Catalogue;
