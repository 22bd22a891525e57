import { describe, expect, it } from "vitest";
import { syntax } from "../../src/diagnostics/catalogue/syntax.ts";
import { diagnosticsOf, sourceOf } from "./helpers.ts";

/**
 * Wrong programs. The fault is marked by « » around the characters that its span covers; what follows is the code, then a part of the
 * message, then a part of the help where there is any.
 */
const wrong: readonly (readonly [program: string, code: keyof typeof syntax, message: string, help?: string])[] = [
  // Characters and literals
  ["fn f(x) = x «−» 1", "unexpected-character", "the minus sign", "write `-`"],
  ["fn f(x) = «“»abc”", "unexpected-character", "a curly quote", 'write `"`'],
  ["fn f(x) = «'»a'", "unexpected-character", "a single quote"],
  ["fn f(x) = x«²»", "unexpected-character", "a superscript", "`^2`"],
  ["fn f(x) = «\u0001»", "unexpected-character", "U+0001"],
  ["fn f(x) = x «**» 2", "unknown-operator", "`**`", "`x^2`"],
  ["fn f(x) = x * «*» 2", "unknown-operator", "`* *`", "`x^2`"],
  ["fn f(x) = x «%» 2", "unknown-operator", "`%`", "mod(a, b)"],
  ["fn f(x) = a «&&» b", "unknown-operator", "`&&`", "`and`"],
  ["fn f(x) = a «||» b", "unknown-operator", "`||`", "`or`"],
  ["fn f(x) = «!»a", "unknown-operator", "`!`", "`not`"],
  ["fn f(x) = a «===» b", "unknown-operator", "`===`", "`==`"],
  ["fn f(x) = a «?» b : c", "unknown-operator", "`?`", "if c then a else b"],
  ["fn f(x) = x «#» comment", "unknown-operator", "`#`", "`//`"],
  ["fn f(x) = a «mod» b", "unknown-operator", "`mod`", "mod(a, b)"],
  ["fn f(x) {\n y «:=» x\n return y\n}", "unknown-operator", "`:=`", "write `=`"],
  ["fn f(x) {\n y «+=» x\n return y\n}", "assignment-operator", "`+=`", "a new name"],
  ["fn f(x) = «1.2.3»", "bad-number", "two points"],
  ["fn f(x) = «1__0»", "bad-number", "one `_`"],
  ["fn f(x) = «1_»", "bad-number", "one `_`"],
  ["fn f(x) = «1e»", "bad-number", "digits are missing"],
  ["fn f(x) = «0x1F»", "bad-number", "decimal"],
  ["fn f(x) = «1e999»", "number-too-large", "1e999", "`inf`"],
  ["fn f(x) = «2x»", "missing-operator", "`2 x`", "`2 * x`"],
  ["fn f(«_x») = x", "leading-underscore", "`_x`", "write `x`"],
  ['fn f(x) = «"abc»', "unterminated-text", "no closing"],
  ["fn f(x) = x «/*» abc", "unterminated-comment", "no closing"],

  // Brackets
  ["fn f(x) = «(»x + 1", "unclosed-bracket", "expected `)` before the end of the file"],
  ["fn f(x) {\n y = «(»x + 1\n z = 3\n return z\n}", "unclosed-bracket", "expected `)` before `z`"],
  ["fn f(x) {\n y = «(»x +\n z = 3\n return z\n}", "unclosed-bracket", "expected `)` before `z =`"],
  ["model M {\n h = dense«(»x, 3\n train sgd(0.1)\n}", "unclosed-bracket", "expected `)` before `train`"],
  ["model M {\n param W: «[»3, 4 = zeros\n}", "unclosed-bracket", "expected `]` before `=`"],
  ["model M «{»\n input x\n\nfn f(x) = x", "unclosed-bracket", "expected `}` before the next item"],
  ["fn f(x) = g(«]»", "mismatched-bracket", "the innermost open bracket is `(`"],
  ["fn f(x) = («[»x)", "unclosed-bracket", "expected `]` before `)`"],
  ["fn f(x) = x«)»", "stray-bracket", "`)` closes nothing"],
  ["fn f(x) { return x }\n«}»", "stray-bracket", "`}` closes nothing"],

  // Items
  ["«y» = 3", "expected-item", "the name `y` starts no item", "`const y = ...`"],
  ["«42»", "expected-item", "the number `42`", "a file consists of"],
  ["«function» f(x) { return x }", "unknown-keyword", "`function`", "`fn f(x) = ...`"],
  ["«modle» M { }", "unknown-keyword", "`modle`", "did you mean `model`?"],
  ["model M {\n «fn» f(x) = x\n}", "nested-item", "`fn` starts an item", "move it out"],
  ["fn f(x) = x «fn» g(x) = x", "item-on-same-line", "`fn` starts an item"],
  ["fn f(x) { return x }\n«y» = 3", "text-after-item", "`fn f` is complete", "move it into the block"],
  ["fn f(x) = x\n«y» = 3", "text-after-item", "`fn f` is complete", "several statements"],
  ["fn f(x«)»", "missing-body", "`fn f`", "`= ...`"],
  ["model M«(»x) { }", "missing-body", "`model M`", "no parameter list"],
  ["fn f «=» 2", "missing-parameters", "`fn f`", "`()`"],
  ["fn f(x) «->» [n] { return x }", "result-type", "no written type", "leave out"],
  ["fn f(x) = «{» return x }", "misplaced-block", "a block is not a value", "leave out the `=`"],
  ['import «x» from "a.nn"', "import-form", "expected `{`", 'import { name } from "./file.nn"'],
  ["import { x } from «y»", "import-form", "a path in double quotes"],
  ["derive f «value»", "derive-form", "expected `:`", "derive f: value"],
  ["const x«:» 3", "missing-equals", "expected `=` after `const x`"],

  // Names
  ["fn «if»(x) = x", "reserved-word", "`if`"],
  ["fn f(x, «in») = x", "reserved-word", "`in`"],
  ["fn f(x) {\n «pi» = 3\n return x\n}", "reserved-word", "`pi`"],
  ["fn f(x) = x.«then»", "reserved-word", "`then`"],
  ["fn «2f»(x) = x", "expected-name", "after `fn`", "a letter"],
  ["fn f(x) = x. «+» 2", "expected-name", "after `.`"],
  ["fn f(x «y») = x", "missing-comma", "between `x` and `y`"],
  ["fn f(x,«,» y) = x", "misplaced-comma", "before this `,`"],

  // Statements
  ["fn f(x) {\n «let» y = 3\n}", "unknown-keyword", "`let`", "`y = 2 * x`"],
  ["model M {\n «parm» W: [3] = zeros\n}", "unknown-keyword", "`parm`", "did you mean `param`?"],
  ["fn f(x) {\n «print»(x)\n}", "unknown-keyword", "`print`"],
  ["fn f(x) = «lambda» x: x", "unknown-keyword", "`lambda`", "no nameless functions"],
  ["fn f(x) {\n «x» + 1\n}", "expression-statement", "not used", "return"],
  ["fn f(x) {\n «f»(x)\n return x\n}", "expression-statement", "not used"],
  ["fn f(x) {\n «if» x > 0 { y = 3 }\n}", "expression-statement", "not used", "`y = if c then a else b`"],
  ["fn f(x) {\n «for» t in 0 : T { }\n}", "expression-statement", "not used", "carry"],
  ["fn f(x) {\n «x»[0] = 3\n}", "assignment-target", "`x[0]`", "entries"],
  ["fn f(x) {\n «g»(x) = x^2\n}", "assignment-target", "`g(x)`", "fn f(x) = ..."],
  ["fn f(x) {\n «h».W = 3\n}", "assignment-target", "`h.W`"],
  ["fn f(x) {\n y«:» [n] = x\n}", "typed-binding", "`y`", "`y = ...`"],
  ["fn f(x) {\n «return»\n}", "missing-value", "after `return`"],
  ["fn f(x) {\n y «=»\n return y\n}", "missing-value", "after `=`, found `return`"],
  ["fn f(x) {\n a = b «c» = d\n}", "statement-on-same-line", "`c` starts a statement", "`;`"],
  ["fn f(x) = x «=» 3", "assignment-in-expression", "not part of an expression", "`==`"],
  ["fn f(x) = if x «=» 3 then 1 else 2", "assignment-in-expression", "not part", "`==`"],
  ["fn f(x) {\n y = x«,»\n return y\n}", "unexpected-comma", "one value"],
  ["model M {\n input «3»\n}", "expected-name", "after `input`"],
  ["model M {\n input x «=» 3\n}", "input-value", "`input` has no value", "const"],
  ["model M {\n input x«,» y\n}", "one-name-only", "`input`"],
  ["model M {\n input x «[»3]\n}", "missing-colon", "`input x`"],
  ["model M {\n input x: «real»\n}", "type-form", "`real`", "a scalar needs no type"],
  ["model M {\n input x: «int»[n]\n}", "type-form", "`int`", "index(n)"],
  ["model M {\n frozen «W»: [3]\n}", "unexpected-token", "`param` after `frozen`"],
  ["model M {\n output softmax«(»z)\n}", "missing-equals", "`output softmax`", "`output p = softmax(...)`"],
  ["model M {\n metric mean«(»z)\n}", "missing-equals", "`metric mean`", "metric accuracy = ..."],
  ["model M {\n «loss»\n}", "missing-value", "after `loss`"],

  // Expressions
  ["fn f(W, x) = W «x»", "missing-operator", "`W x`: an operator is missing", "`W @ x` or `W * x`"],
  ["fn f(W, x) {\n return W «x»\n}", "missing-operator", "`W x`"],
  ["fn f(W, x) {\n y = a + W[0].T «x»(1)\n return y\n}", "missing-operator", "`W[0].T x(1)`"],
  ["fn f(a, b) = g(a «b»)", "missing-operator", "`a b`", "is a `,` missing?"],
  ["fn f(x) = 2 «x»", "missing-operator", "`2 x`", "`2 * x`"],
  ["fn f(x) = (x + 1)«(»x)", "call-of-value", "only a name", "`*`"],
  ["fn f(x) = x.«sum»()", "method-call", "`sum` is called like a method", "write `sum(x)`"],
  ["fn f(x) = 2 * g(x).T.«mean»(axis = 0)", "method-call", "`mean`", "write `mean(g(x).T, ...)`, or `*` to multiply"],
  ["fn f(x) = (x[0] * 2).«sum»() + 1", "method-call", "`sum`", "write `sum(x[0] * 2)`"],
  ["fn f(x) = x «+»", "missing-operand", "after `+`, found the end of the file"],
  ["fn f(x) = x «+» * 2", "missing-operand", "after `+`, found `*`"],
  ["fn f(x) = «*» 2", "missing-left-operand", "before `*`"],
  ["fn f(x) = «+»x", "unary-plus", "no `+` sign"],
  ["fn f(x) = a < b «<» c", "comparison-chain", "`<` and `<` do not chain", "b and b <"],
  ["fn f(x) = a == b + 1 «!=» c", "comparison-chain", "`==` and `!=`"],
  ["fn f(x) = a + «not» b", "misplaced-not", "looser than `+`", "(not ...)"],
  ["fn f(x) = a < «=» b", "split-operator", "`<=`"],
  ["fn f(x) = [i < n] - «>» i", "split-operator", "`->`"],
  ["fn f(x) = x «->» x^2", "misplaced-arrow", "indices in brackets"],
  ["fn f(x) = [«i <= n»] -> i", "index-form", "a name with a bound", "i < n + 1"],
  ["fn f(x) = [«0 < i < n»] -> i", "index-form", "a name with a bound"],
  ["fn f(x) = «[] ->» 3", "index-form", "a name with a bound"],
  ["fn f(x) = [i < n, «2 < m»] -> i", "index-form", "a name with a bound"],
  ["fn f(x) = if «x»", "if-without-then", "found the end of the file"],
  ["fn f(x) {\n return if x > 0 «{» 1 } else { 2 }\n}", "if-without-then", "found `{`", "no braces"],
  ["fn f(x) {\n y = if x then 1\n «return» y\n}", "if-without-else", "found `return`"],
  ["fn f(x) = x «else» 3", "stray-word", "`else` without `then`"],
  ["fn f(x) = x«,» x", "unexpected-comma", "one value"],
  ["fn f(x) = g(x«;» 1)", "misplaced-semicolon", "inside brackets", "`,`"],
  ["fn f(x) = x[«...», 0]", "misplaced-ellipsis", "`...`"],
  ["fn f(x) = «_» + 1", "misplaced-discard", "`_`"],
  ["fn f(x) = x «:» 3", "misplaced-colon", "not part of an expression"],
  ["fn f(x) {\n y = a + «{» 3 }\n}", "misplaced-block", "not a value"],
  ["fn f(x) = [i < n] -> «{» return i } + 1", "misplaced-block", "not a value"],

  // Loops
  ["fn f(x) = for t «=» 0 : T carry h = x { }", "loop-form", "`for`: expected `in`", "for t in 0 : T"],
  ["fn f(x) = for t in T «carry» h = x { }", "loop-form", "expected `:`"],
  ["fn f(x) = repeat «3» { }", "loop-form", "a name for the index"],
  ["fn f(x) = repeat l «in» 3 { }", "loop-form", "expected `<`"],
  ["fn f(x) = for t in 0 : T «yield» y { }", "misplaced-clause", "`for` takes no `yield`", "scan"],
  ["fn f(x) = for t in 0 : T carry a = 1 «carry» b = 2 { }", "repeated-clause", "`carry` twice"],
];

describe("a wrong program", () => {
  it.each(wrong.map(([program, ...rest]) => ({ program, rest })))("$program", ({ program, rest }) => {
    const [code, message, help] = rest;
    const start = program.indexOf("«");
    const end = program.indexOf("»") - 1;
    const diagnostics = diagnosticsOf(program.replace(/[«»]/g, ""));
    const [first] = diagnostics;
    expect({ code: first.code, at: [first.span.start, first.span.end] }).toEqual({ code, at: [start, end] });
    expect(first.message).toContain(message);
    if (help !== undefined) expect(first.help).toContain(help);
    expect(first.severity).toBe("error");
    expect(diagnostics).toHaveLength(1);
  });

  it("has both places in view where a bracket is open", () => {
    const text = "fn f(x) {\n  y = (x + [1, 2)\n  return y\n}";
    const [{ related, span }] = diagnosticsOf(text);
    expect(sourceOf(span)).toBe("[");
    expect(related.map((place) => [sourceOf(place.span), place.label])).toEqual([[")", "`]` is expected before this"]]);
  });

  it("of every kind is in the table, but for limits", () => {
    const elsewhere = [
      "comment-as-operator",
      "source-too-large",
      "nesting-too-deep",
      "item-too-long",
      "too-many-errors",
    ];
    const shown = new Set<string>([...elsewhere, ...wrong.map(([, code]) => code)]);
    expect(Object.keys(syntax).filter((code) => !shown.has(code))).toEqual([]);
  });

  it("is quoted in short", () => {
    const [{ message }] = diagnosticsOf(`fn f() = 1.5.${"7".repeat(500)}`);
    expect(message.length).toBeLessThan(120);
  });

  it("does not bury its reader", () => {
    const diagnostics = diagnosticsOf("fn\n".repeat(5000));
    expect(diagnostics).toHaveLength(101);
    expect(diagnostics.at(-1)?.code).toBe("too-many-errors");
  });
});

describe("a comment that reads as an operand", () => {
  it.each([
    ["fn f(n) = n // 2", "`2`", "div(n, 2)"],
    ["fn f(n, k) = n // k + 1", "`k + 1`", "div(n, k + 1)"],
    ["fn f(n, k) {\n  a = (n // k)\n  )\n  return a\n}", "`k)`", "div"],
  ])("%s", (text, message, help) => {
    const warning = diagnosticsOf(text).find(({ severity }) => severity === "warning");
    expect(warning?.code).toBe("comment-as-operator");
    expect(warning?.message).toContain(message);
    expect(warning?.help).toContain(help);
  });

  it.each([
    "fn f(n) = n // half of it",
    "fn f(n) = n // the input",
    "fn f(n) = n // input",
    "fn f(n) { // 2\n  return n\n}",
    "fn f(n) {\n  // 2\n  return n\n}",
    "fn f(n) = n /// 2\n",
    "fn f(n) { return n } // 2",
  ])("but not here: %s", (text) => {
    expect(diagnosticsOf(text)).toEqual([]);
  });
});
