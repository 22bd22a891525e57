import type { Catalogue } from "./row.ts";

export interface HazardArgs {
  readonly item: string;
  readonly what: string;
  readonly at: string;
}

function hazard({ item, what, at }: HazardArgs): string {
  return `\`${item}\`: ${what} (at ${at})`;
}

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
  "check-equal-units": {
    severity: "warning",
    message: (a: { item: string; path: string }) =>
      `all units of \`${a.path}\` have equal values and equal gradients where \`${a.item}\` starts: they stay equal in training`,
  },
  "hazard-overflow": { severity: "warning", message: hazard },
  "hazard-log": { severity: "warning", message: hazard },
  "hazard-division": { severity: "warning", message: hazard },
  "hazard-sqrt": { severity: "warning", message: hazard },
  "hazard-power": { severity: "warning", message: hazard },
  "hazard-domain": { severity: "warning", message: hazard },
  "hazard-cancellation": { severity: "warning", message: hazard },
} as const satisfies Catalogue;
