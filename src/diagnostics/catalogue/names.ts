import type { Catalogue } from "./row.ts";

/** `a` -> `b` -> `a`; the middle of a long cycle is left out. */
function around(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  const shown = quoted.length <= 12 ? quoted : [...quoted.slice(0, 6), "...", ...quoted.slice(-5)];
  return [...shown, quoted[0]].join(" -> ");
}

/** Names: defined, once, above their use, and in the files that are imported. */
export const names = {
  "unknown-name": {
    severity: "error",
    message: (a: { name: string }) => `\`${a.name}\` is not defined`,
  },
  "unknown-function": {
    severity: "error",
    message: (a: { name: string }) => `there is no function or layer \`${a.name}\``,
  },
  "unknown-initializer": {
    severity: "error",
    message: (a: { name: string }) => `there is no initializer \`${a.name}\``,
  },
  "unknown-optimizer": {
    severity: "error",
    message: (a: { name: string }) => `there is no optimizer \`${a.name}\``,
  },
  "unknown-member": {
    severity: "error",
    message: (a: { object: string; member: string }) => `\`${a.object}\` has no parameter \`${a.member}\``,
  },
  "used-before-definition": {
    severity: "error",
    message: (a: { name: string }) =>
      `\`${a.name}\` is used above its definition: a statement refers only to names above it`,
  },
  "defined-twice": {
    severity: "error",
    message: (a: { name: string }) => `\`${a.name}\` is defined twice`,
  },
  "definition-cycle": {
    severity: "error",
    message: (a: { names: readonly string[] }) =>
      a.names.length === 1
        ? `\`${a.names[0]}\` is defined by itself`
        : `these are defined by each other: ${around(a.names)}`,
  },
  "wrong-item": {
    severity: "error",
    message: (a: { name: string; found: string; wanted: string }) =>
      `\`${a.name}\` is ${a.found}, and ${a.wanted} is wanted here`,
  },
  "import-not-found": {
    severity: "error",
    message: (a: { path: string; reason: string }) => `"${a.path}" cannot be read: ${a.reason}`,
  },
  "import-unknown-name": {
    severity: "error",
    message: (a: { name: string; path: string }) => `"${a.path}" defines no \`${a.name}\``,
  },
  "import-cycle": {
    severity: "error",
    message: (a: { paths: readonly string[] }) => `these files import each other: ${a.paths.join(" -> ")}`,
  },
} as const satisfies Catalogue;
