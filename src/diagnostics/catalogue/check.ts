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
  "check-zero-gradient": {
    severity: "warning",
    message: (a: { item: string; path: string; tried: number }) =>
      `the gradient of \`${a.item}\` by \`${a.path}\` was 0 at all of ${a.tried} points tried`,
  },
} as const satisfies Catalogue;
