import type { Catalogue } from "./row.ts";

/** Files that the command reads and writes. */
export const cli = {
  "file-unreadable": {
    severity: "error",
    message: (a: { reason: string }) => `cannot be read: ${a.reason}`,
  },
  "file-unwritable": {
    severity: "error",
    message: (a: { output: string; reason: string }) => `"${a.output}" cannot be written: ${a.reason}`,
  },
  "not-formatted": {
    severity: "error",
    message: () => "is not formatted",
  },
} as const satisfies Catalogue;
