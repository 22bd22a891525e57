// Programs whose names, comments, options and paths try to break out of the generated module.
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.ts";
import { load } from "../../src/evaluate.ts";
import { steering } from "./support.ts";

const sentinel = "deriveWasPwned";
const attack = `globalThis.${sentinel} = 1`;

/** Texts that end comments, strings, templates and lines, in front of code. */
const breakouts: readonly string[] = [
  `*/ ${attack}; /*`,
  `*\\/ */ ${attack} //`,
  `**//*/ ${attack} /**`,
  `\u2028${attack}\u2029${attack}`,
  `\u0085${attack}\u000b${attack}\f${attack}`,
  `"; ${attack}; "`,
  `'; ${attack}; '`,
  "`; ${" + attack + "}; `",
  `\\"; ${attack}; //`,
  `\\u002a/ ${attack}`,
  `\\u{2028}${attack}`,
  `</script><script>${attack}</script>`,
  `<!-- ${attack} -->`,
  `# sourceMappingURL=data:,${attack}`,
  `@license */${attack}/*`,
  `\u0000*/${attack}/*\u0000`,
  `\u202e*/ \u2066${attack}\u2069 /*`,
  `\ufeff*/${attack}`,
  `// @ts-ignore */ import("data:text/javascript,${attack}")`,
  `=cut\n/// */ ${attack}`,
  "$& $1 $` $' $$",
];

/** A program with `text` in every place that takes free text. */
const endsLine = /[\n\r\u2028\u2029\u0085\v\f]/;
const small = (text: string): string => `/// ${text}
fn f(x: [n]) { // ${text}
  a = x * 2 // ${text}
  return sum(a * a) // ${text}
}
`;

const program = (text: string): string => `/// ${text}
/* ${text.replaceAll("*/", "* /")} */
fn f(x: [n], y) { // ${text}
  a = x * 2 // ${text}
  b = sin(a) /* ${text.replaceAll("*/", "* /")} */
  return sum(a * b) * y // ${text}
}
// ${text}
/// ${text}
model M { // ${text}
  const size = 3 // ${text}
  hyper rate = 0.5 // ${text}
  input x: [batch, 2] // ${text}
  target y: index(3)[batch] // ${text}
  h = tanh(dense(x, size)) // ${text}
  z = h * rate // ${text}
  output p = softmax(z) // ${text}
  loss cross_entropy(z, y) // ${text}
  metric m = mean(z) // ${text}
  train adam(lr = 0.1) // ${text}
}
`;

/** Statements, declared names, and what identifiers stand in a module, without its comments and the values of strings. */
function shapeOf(code: string, name: string): readonly string[] {
  const file = ts.createSourceFile(name, code, ts.ScriptTarget.ES2022, true);
  const faults = (file as unknown as { readonly parseDiagnostics: readonly unknown[] }).parseDiagnostics;
  expect(faults).toEqual([]);
  const shape: string[] = [];
  const visit = (node: ts.Node, depth: number): void => {
    const text = ts.isIdentifier(node) ? node.text : "";
    shape.push(`${depth} ${ts.SyntaxKind[node.kind]} ${text}`);
    ts.forEachChild(node, (child) => {
      visit(child, depth + 1);
    });
  };
  visit(file, 0);
  return shape;
}

/** Comments are all that differs from the same program with harmless text. */
async function expectSame(program: (text: string) => string, text: string, path: string): Promise<void> {
  const options = { emit: "js", format: false } as const;
  const harmless = await compile(program("harmless"), { path: "a.nn", ...options });
  const { code, declarations, diagnostics } = await compile(program(text), { path, ...options });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  // What ends a comment of the language is program text, and refused as such.
  if (endsLine.test(text) && errors.length > 0) {
    expect(errors.filter(({ code: kind }) => kind.startsWith("internal"))).toEqual([]);
    return;
  }
  expect(errors.map(({ message }) => message)).toEqual([]);
  expect((code ?? "") + (declarations ?? "")).not.toMatch(steering);
  expect(shapeOf(code ?? "", "a.js")).toEqual(shapeOf(harmless.code ?? "", "a.js"));
  expect(shapeOf(declarations ?? "", "a.d.ts")).toEqual(shapeOf(harmless.declarations ?? "", "a.d.ts"));
  load(code ?? "");
  await import(`data:text/javascript,${encodeURIComponent(code ?? "")}`);
  expect(sentinel in globalThis).toBe(false);
}

describe("free text stays in comments", () => {
  test.each(breakouts)("%j as comment and as path", async (text) => {
    await expectSame(small, text, "a.nn");
    await expectSame(small, "harmless", text);
  });

  const joined = breakouts.filter((text) => !endsLine.test(text)).join(" ");

  test("in every comment of a model", async () => {
    expect(joined.length).toBeGreaterThan(400);
    await expectSame(program, joined, joined);
  });

  test("in TypeScript as prettier lays it out", async () => {
    const { code } = await compile(small(joined), { path: breakouts.join("") });
    const { code: same } = await compile(small("harmless"), { path: "a.nn" });
    expect(code).not.toMatch(steering);
    expect(shapeOf(code ?? "", "a.ts")).toEqual(shapeOf(same ?? "", "a.ts"));
  });

  test("values of --set, names and texts are refused", async () => {
    for (const text of breakouts) {
      for (const [source, set] of [
        [`fn ${text}(x) = x`, {}],
        [`fn f(${text}) = 1`, {}],
        [`import { f } from "${text}"\nfn g(x) = x`, {}],
        ["const size = 3\nfn f(x: [size]) = sum(x)", { size: text }],
        ["const size = 3\nfn f(x: [size]) = sum(x)", { [text]: "3" }],
      ] as const) {
        const { code, diagnostics } = await compile(source, { path: "a.nn", set, format: false });
        expect(code).toBeNull();
        expect(diagnostics.some(({ code: kind }) => kind.startsWith("internal"))).toBe(false);
      }
    }
  });
});
