import type { Catalogue } from "./row.ts";

/** What is asked of the compiler for a file, and the names in the module that it writes. */
export const output = {
  "generated-name-clash": {
    severity: "error",
    message: (a: { name: string; first: string; second: string }) =>
      `\`${a.first}\` and \`${a.second}\` would both generate the name \`${a.name}\``,
  },
  "nothing-to-generate": {
    severity: "warning",
    message: () => "this file has no function and no model to generate code for: nothing is written",
  },
  "unknown-item": {
    severity: "error",
    message: (a: { name: string }) => `there is no function or model \`${a.name}\` in this file`,
  },
  "set-unknown-const": {
    severity: "error",
    message: (a: { name: string }) => `\`${a.name}\` cannot be set: there is no \`const\` of this name`,
  },
  "set-ambiguous-const": {
    severity: "error",
    message: (a: { name: string; candidates: readonly string[] }) =>
      `\`${a.name}\` cannot be set: several are named so, ${a.candidates.map((name) => `\`${name}\``).join(" and ")}`,
  },
  "set-not-a-value": {
    severity: "error",
    message: (a: { name: string; value: string; wanted: string }) =>
      `\`${a.name}\` cannot be set to "${a.value}": ${a.wanted} is wanted`,
  },
} as const satisfies Catalogue;
