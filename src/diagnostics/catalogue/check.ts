import type { Catalogue } from "./row.ts";

/** What `derive check` finds. */
export const check = {
  "check-no-point": {
    severity: "error",
    message: (a: { item: string }) => `\`${a.item}\` was finite at none of the inputs tried: nothing is checked`,
  },
  "check-failed": {
    severity: "error",
    message: (a: { item: string; what: string }) => `\`${a.item}\`: ${a.what} is wrong`,
  },
} as const satisfies Catalogue;
