import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { mathFunction, mathFunctions, mathSupport } from "../../../../src/7-emit/support/math/index.ts";

const folder = new URL("../../../../src/7-emit/support/math/", import.meta.url);

/** Every top-level declaration with the identifiers its text contains, in the order of the files. */
function readDeclarations(): Map<string, { identifiers: Set<string>; text: string; exported: boolean }> {
  const found = new Map<string, { identifiers: Set<string>; text: string; exported: boolean }>();
  for (const file of readdirSync(folder).filter((name) => name !== "index.ts")) {
    const source = ts.createSourceFile(file, readFileSync(new URL(file, folder), "utf8"), ts.ScriptTarget.ES2022, true);
    for (const statement of source.statements) {
      if (ts.isImportDeclaration(statement)) continue;
      const name = ts.isFunctionDeclaration(statement)
        ? statement.name?.text
        : ts.isVariableStatement(statement)
          ? statement.declarationList.declarations.map((d) => d.name.getText()).join(",")
          : undefined;
      if (name === undefined || !/^\w+$/.test(name)) throw new Error(`${file}: ${statement.getText().slice(0, 60)}`);
      if (found.has(name)) throw new Error(`${name} is declared twice`);
      const identifiers = new Set<string>();
      const visit = (node: ts.Node): void => {
        if (ts.isIdentifier(node)) identifiers.add(node.text);
        ts.forEachChild(node, visit);
      };
      visit(statement);
      identifiers.delete(name);
      found.set(name, { identifiers, text: statement.getText(), exported: /^export /.test(statement.getText()) });
    }
  }
  return found;
}

const declarations = readDeclarations();

function closure(name: string, seen = new Set<string>()): Set<string> {
  for (const identifier of declarations.get(name)?.identifiers ?? []) {
    if (!declarations.has(identifier) || seen.has(identifier)) continue;
    seen.add(identifier);
    closure(identifier, seen);
  }
  return seen;
}

describe("the catalogue", () => {
  it.each(mathFunctions)("lists what the text of %s needs, constants before what refers to them", (name) => {
    for (const precision of ["f32", "f64"] as const) {
      const { entry, needs } = mathSupport(name, precision);
      const wanted = closure(entry);
      wanted.delete(entry);
      expect([...needs].sort()).toEqual([...wanted].sort());
      const order = [...needs, entry] as string[];
      const constants = order.filter((n) => /^export const/.test(declarations.get(n)?.text ?? ""));
      for (const constant of constants)
        for (const other of declarations.get(constant)?.identifiers ?? [])
          if (order.includes(other)) expect(order.indexOf(other)).toBeLessThan(order.indexOf(constant));
    }
  });

  it.each(mathFunctions)("embeds %s: entry and needs alone compute the same bits", (name) => {
    for (const precision of ["f32", "f64"] as const) {
      const { entry, needs } = mathSupport(name, precision);
      const source = [...needs, entry].map((n) => declarations.get(n)?.text ?? "").join("\n");
      const code = ts.transpile(source.replace(/^export /gm, ""), { target: ts.ScriptTarget.ES2022 });
      // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text under test
      const load = new Function(`"use strict";\n${code}\nreturn ${entry};`) as () => (x: number, y: number) => number;
      const [embedded, direct] = [load(), mathFunction(name, precision)];
      for (const x of [-1e300, -800, -30, -2.5, -0.4, -0, 1e-310, 0.3, 0.9, 1, 3, 8.5, 700, 1e10, 1e300, NaN])
        for (const y of [-3, 0.5, 2]) expect(embedded(x, y)).toBe(direct(x, y));
    }
  });

  it("uses exactly specified operations only, and initialisers that bundlers may drop", () => {
    const allowed = new Set(["sqrt", "abs", "floor", "fround", "imul"]);
    for (const [name, { text, exported }] of declarations) {
      expect(exported, name).toBe(true);
      for (const [, method] of text.matchAll(/\bMath\.(\w+)/g))
        expect(allowed.has(method), `${name}: ${method}`).toBe(true);
      expect(/\*\*/.test(text), name).toBe(false);
      if (text.startsWith("export const")) expect(text, name).toMatch(/= (\/\* @__PURE__ \*\/|-?[\d.e-]+;$)/);
    }
  });
});
