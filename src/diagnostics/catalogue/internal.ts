import type { Catalogue } from "./row.ts";

/** Faults of derive itself. Codes begin with "internal". */
export const internal = {
  "internal-error": {
    severity: "error",
    message: (a: { detail: string }) => `derive has a fault of its own: ${a.detail}`,
  },
  "internal-verifier": {
    severity: "error",
    message: (a: { pass: string; detail: string }) =>
      `derive has a fault of its own: after the pass "${a.pass}", ${a.detail}`,
  },
} as const satisfies Catalogue;
