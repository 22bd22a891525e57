import type { Catalogue } from "./row.ts";

/** Faults of derive itself. Codes begin with "internal". */
export const internal = {
  "internal-error": {
    severity: "error",
    message: (a: { detail: string }) => `derive has a fault of its own: ${a.detail}`,
  },
} as const satisfies Catalogue;
