/** The parameters of the language's own functions, layers, initializers and optimizers, as a call may name them. */
import { intrinsics } from "../../src/2-check/intrinsics/index.ts";
import { publicNames } from "../../src/2-check/intrinsics/public.ts";
import { prelude } from "../../src/2-check/prelude.ts";

export interface SignatureParameter {
  readonly name: string;
  readonly optional: boolean;
}

export type NameSpace = keyof typeof publicNames;

/** What the place of use gives and no call says. */
const implied: Readonly<Record<NameSpace, readonly string[]>> = {
  functions: [],
  initializers: ["shape", "fan_in", "fan_out"],
  optimizers: ["p", "g"],
};

const items = prelude.flatMap((file) => file.items);

function declared(space: NameSpace, name: string): readonly SignatureParameter[] | null {
  const intrinsic = space === "functions" ? intrinsics.get(name) : undefined;
  if (intrinsic !== undefined)
    return intrinsic.parameters.map((p) => ({ name: p.name, optional: (p.default ?? p.like) !== undefined }));
  for (const item of items) {
    if (!("parameters" in item) || item.kind === "derive" || item.name.text !== name) continue;
    const own = item.kind === "fn" || item.kind === "layer" ? "functions" : `${item.kind}s`;
    if (own === space) return item.parameters.map((p) => ({ name: p.name.text, optional: p.default !== null }));
  }
  return null;
}

const tables: Readonly<Record<NameSpace, ReadonlyMap<string, readonly SignatureParameter[]>>> = {
  functions: tableOf("functions"),
  initializers: tableOf("initializers"),
  optimizers: tableOf("optimizers"),
};

function tableOf(space: NameSpace): ReadonlyMap<string, readonly SignatureParameter[]> {
  return new Map(
    publicNames[space].map((name) => {
      const parameters = declared(space, name);
      if (parameters === null) throw new Error(`no declaration of ${name}`);
      return [name, parameters.filter((p) => !implied[space].includes(p.name))];
    }),
  );
}

/** Of a public name; null of any other. */
export function signatureOf(name: string, space: NameSpace = "functions"): readonly SignatureParameter[] | null {
  return tables[space].get(name) ?? null;
}

/** How a public name, or an argument of it, is listed: `var`, `var(ddof)`, `initializer normal(std)`. */
export function publicCall(space: NameSpace, name: string, argument: string | null = null): string {
  const word = space === "functions" ? "" : `${space.slice(0, -1)} `;
  return `${word}${name}${argument === null ? "" : `(${argument})`}`;
}

/** Every public name of a name space, and every argument of it that may be left out. */
export function publicCalls(space: NameSpace): readonly string[] {
  return [...tables[space]].flatMap(([name, parameters]) => [
    publicCall(space, name),
    ...parameters.filter((p) => p.optional).map((p) => publicCall(space, name, p.name)),
  ]);
}
