/** Statements: declarations, bindings, returns, and the heads of loops. */
import { describe, isStatementWord } from "./place.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { foreignWords } from "./foreign.ts";
import { reservedWords } from "../tokens.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Place, Rule } from "./place.ts";

const declarations = "input target param frozen state next output loss metric train hyper return const use".split(" ");

/** A reserved word where a name should stand. */
const reserved: Rule = (at) => {
  const { found } = at;
  if (at.atEnd || found.kind !== "word" || !reservedWords.has(found.text)) return null;
  const bound = at.after?.kind === "operator" && (at.after.text === "=" || at.after.text === ",");
  const asStatement = at.startsStatement && bound;
  if (!asStatement && !(at.wantsName && !at.startsStatement && !at.expected.has("return"))) return null;
  return at.fault(
    "reserved-word",
    at.here,
    [{ word: found.text }],
    `choose another name, for example \`${found.text}1\``,
  );
};

/** `if x > 0 { ... }` and `for ... { ... }` as statements. */
const controlStatement: Rule = (at) => {
  const { found } = at;
  if (at.atEnd || !at.startsStatement || found.kind !== "word") return null;
  if (found.text === "if") {
    return at.fault("expression-statement", at.here, [], "`if` is a value: write `y = if c then a else b`");
  }
  if (["for", "scan", "while", "repeat"].includes(found.text)) {
    return at.fault(
      "expression-statement",
      at.here,
      [],
      `a loop is a value: write \`h = ${found.text} ... carry h = h0 { ... }\``,
    );
  }
  if (found.text === "then" || found.text === "else") {
    return at.fault("stray-word", at.here, [{ word: found.text, opener: found.text === "then" ? "if" : "then" }]);
  }
  return null;
};

/** `y = { ... }`: a block where a value is expected, which fails inside of it. */
const blockAsValue: Rule = (at) => {
  const { bracket } = at;
  if (bracket?.kind !== "{" || !at.startsStatement) return null;
  const opener = at.tokens[bracket.index - 1];
  const asValue = opener.kind === "operator" && !["->", ")", "]", "}"].includes(opener.text);
  if (!asValue) return null;
  return at.fault("misplaced-block", at.span(at.tokens[bracket.index]), [], blockHelp(at, bracket.index));
};

function blockHelp(at: Place, index: number): string | null {
  const depth = at.open.filter(({ kind }) => kind === "{").length;
  return depth === 1 && at.tokens[index - 1].text === "=" ? "leave out the `=` before it" : null;
}

/** A statement cannot start with this. */
const noStatement: Rule = (at) => {
  const { found } = at;
  if (at.atEnd || !at.startsStatement) return null;
  if (found.kind === "operator") {
    if (found.text === "(" || found.text === "[" || found.text === "-") return unused(at);
    if (found.text === ",") return at.fault("misplaced-comma", at.here, []);
    if (found.text === "+" || found.text === "*" || found.text === "/" || found.text === "@") {
      return at.fault("missing-left-operand", at.here, [{ operator: found.text }]);
    }
    return at.fault("unexpected-token", at.here, [{ found: describe(found), expected: "a statement" }]);
  }
  if (found.kind === "number" || found.kind === "text" || found.kind === "word") return unused(at);
  return null;
};

function unused(at: Place): Diagnostic {
  const first = at.statement === null ? at.found : at.tokens[at.statement];
  return at.fault(
    "expression-statement",
    at.span(first),
    [],
    "write `y = ...` to name it or `return ...` to give it back",
  );
}

/** The statement starts with a name, and neither `=` nor `,` follows. */
const nameFirst: Rule = (at) => {
  const first = at.afterFirst;
  if (first?.kind !== "name") return null;
  const { found } = at;
  const span = at.span(first);
  if (!at.atEnd && (found.kind === "name" || found.kind === "number") && !found.newline) {
    const foreign = foreignWords.get(first.text);
    if (foreign !== undefined) return at.fault("unknown-keyword", span, [{ word: first.text }], foreign);
    if (isStatementWord(first)) return null;
    const meant = didYouMean(first.text, declarations);
    const declares = at.after?.text === ":" || at.after?.text === "=" || at.after?.newline === true;
    if (meant !== null && declares) return at.fault("unknown-keyword", span, [{ word: first.text }], meant);
    return null;
  }
  if (isStatementWord(first) && (at.atEnd || found.kind !== "operator" || found.text === "}")) return null;
  if (!at.atEnd && found.text === "(" && first.text === "print") {
    return at.fault("unknown-keyword", span, [{ word: first.text }], foreignWords.get(first.text) ?? null);
  }
  if (!at.atEnd && found.kind === "operator" && found.text === ":") {
    return at.fault("typed-binding", at.here, [{ name: first.text }], `write \`${first.text} = ...\``);
  }
  if (!at.atEnd && found.kind === "operator" && (found.text === "[" || found.text === "(" || found.text === ".")) {
    const target = assignedTarget(at);
    if (target !== null) {
      const help = target.endsWith(")")
        ? "a function is an item of its own: `fn f(x) = ...`"
        : "bind the whole tensor: `[i < n] -> ...` gives its entries";
      return at.fault("assignment-target", span, [{ target }], help);
    }
  }
  if (at.atEnd || found.kind === "operator" || found.newline)
    return isStatementWord(first) && at.atEnd ? null : unused(at);
  return null;
};

/** `x[0]` of `x[0] = ...`, where the statement starts so. */
function assignedTarget(at: Place): string | null {
  let depth = 0;
  for (let index = at.index; index < at.end; index++) {
    const { kind, text, newline } = at.tokens[index];
    if (depth === 0 && newline) return null;
    if (kind !== "operator") continue;
    if (text === "(" || text === "[") depth++;
    else if (text === ")" || text === "]") depth--;
    else if (depth === 0 && text === "=") return at.text(at.tokens[at.index - 1], at.tokens[index - 1]);
    else if (depth === 0 && text !== ".") return null;
  }
  return null;
}

/** What follows a declaration's word: a name, then a type, then a value. */
const declaration: Rule = (at) => {
  if (at.statement === null || at.index === at.statement) return null;
  let word = at.tokens[at.statement];
  let position = at.index - at.statement;
  if (word.text === "frozen" && at.tokens[at.statement + 1].text === "param") {
    word = at.tokens[at.statement + 1];
    position--;
  }
  if (!isStatementWord(word)) return null;
  const { found, before } = at;
  const operator = !at.atEnd && found.kind === "operator" ? found.text : "";
  if (word.text === "frozen" && position === 1) {
    return at.fault("unexpected-token", at.here, [{ found: at.foundText, expected: "`param` after `frozen`" }]);
  }
  if (word.text === "return" && position === 1) {
    return at.fault("missing-value", at.span(word), [{ after: "`return`", found: at.foundText }]);
  }
  if (word.text === "return" || word.text === "loss" || word.text === "train") {
    if (position !== 1) return null;
    return at.fault("missing-value", at.span(word), [{ after: `\`${word.text}\``, found: at.foundText }]);
  }
  if (position === 1) {
    const where = `after \`${word.text}\``;
    return at.fault("expected-name", at.here, [{ found: at.foundText, where }]);
  }
  const named = `\`${word.text} ${before?.text ?? ""}\``;
  if (position === 2 && operator === "[") {
    return at.fault(
      "missing-colon",
      at.here,
      [{ after: named }],
      `write \`${word.text} ${before?.text ?? ""}: [...]\``,
    );
  }
  if (word.text === "output" && position === 2 && (operator === "(" || operator === "." || at.expected.has("="))) {
    if (operator === "" && found.newline) return null;
    const help = `an output has a name: \`output p = ${before?.text ?? ""}${operator === "(" ? "(...)" : ""}\``;
    return at.fault("missing-equals", at.here, [{ after: named, found: at.foundText }], help);
  }
  if (
    position === 2 &&
    at.expected.has("=") &&
    (operator !== "" || !found.newline || ["hyper", "next", "use", "metric", "const"].includes(word.text))
  ) {
    if (operator === ",") return at.fault("one-name-only", at.here, [{ word: word.text }]);
    const help = word.text === "metric" ? "a metric has a name: `metric accuracy = ...`" : null;
    return at.fault("missing-equals", at.here, [{ after: named, found: at.foundText }], help);
  }
  if ((word.text === "input" || word.text === "target") && operator === "=") {
    return at.fault(
      "input-value",
      at.here,
      [{ word: word.text }],
      "what comes with every call has no value here; a fixed value is a `const`",
    );
  }
  if (operator === "," && (word.text === "input" || word.text === "target") && at.bracket?.kind === "{") {
    return at.fault("one-name-only", at.here, [{ word: word.text }]);
  }
  return null;
};

/** After `:` where a type is expected. */
const typeForm: Rule = (at) => {
  if (!(at.expected.has("bool") && at.expected.has("index")) || at.wantsValue || at.wantsName) return null;
  if (at.before?.text !== ":") return null;
  const scalar = !at.atEnd && /^(?:real|float|float32|float64|f32|f64|number|scalar|double)$/.test(at.found.text);
  const integer = !at.atEnd && /^(?:int|integer|int32|i32|long)$/.test(at.found.text);
  const help = scalar
    ? "a scalar needs no type: leave out `: ...`"
    : integer
      ? "integers from 0 to n - 1 are `index(n)`"
      : "types are `[n, m]`, `[..., n]`, `index(n)[batch]` and `bool[n]`";
  return at.fault("type-form", at.here, [{ found: at.foundText }], help);
};

/** The head of a loop. */
const loopForm: Rule = (at) => {
  const loop = at.innermost;
  if (loop?.kind !== "loop") return null;
  const word = at.tokens[loop.index].text;
  const forms: Readonly<Record<string, string>> = {
    for: "`for t in 0 : T carry h = h0 { next h = ... }`",
    scan: "`scan t in 0 : T carry h = h0 yield y { next h = ...; y = ... }`",
    while: "`while cond carry h = h0 max 100 { next h = ... }`",
    repeat: "`repeat l < 12 carry h = x { next h = ... }`",
  };
  const position = at.index - loop.index;
  const expected =
    position === 1 && word !== "while"
      ? "a name for the index"
      : position === 2 && word === "repeat"
        ? "`<`"
        : position === 2 && word !== "while"
          ? "`in`"
          : at.expected.has(":") && (word === "for" || word === "scan")
            ? "`:` between the bounds"
            : at.expected.has("{") && at.afterValue
              ? "`carry` or the block `{ ... }`"
              : null;
  if (expected === null) return null;
  return at.fault("loop-form", at.here, [{ word, expected, found: at.foundText }], `write ${forms[word]}`);
};

export const statementRules: readonly Rule[] = [
  reserved,
  blockAsValue,
  controlStatement,
  noStatement,
  typeForm,
  nameFirst,
  declaration,
  loopForm,
];
