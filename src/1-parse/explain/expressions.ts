/** Expressions: operands and operators that are missing, and constructs half written. */
import { foreignInfix, foreignWords } from "./foreign.ts";
import { startsValue } from "../tokens.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Place, Rule } from "./place.ts";
import type { Token } from "../tokens.ts";

const infix: ReadonlySet<string> = new Set("or and not == != < <= > >= + - * / @ ^".split(" "));

function isInfix(token: Token | null): token is Token {
  return token !== null && (token.kind === "operator" || token.kind === "word") && infix.has(token.text);
}

function foundOperator(at: Place): string {
  return !at.atEnd && at.found.kind === "operator" ? at.found.text : "";
}

/** `(i < n) -> ...`, `x -> x^2`. */
const arrow: Rule = (at) => {
  if (foundOperator(at) !== "->") return null;
  const help = "`->` follows indices in brackets: `[i < n] -> x[i]^2`; functions are `fn f(x) = ...`";
  return at.fault("misplaced-arrow", at.here, [], help);
};

/** `=` inside of an expression. */
const equals: Rule = (at) => {
  if (foundOperator(at) !== "=" || at.before === null) return null;
  const { before } = at;
  if (before.kind === "operator" && before.text === "==") {
    return at.fault("unknown-operator", at.here, [{ operator: "===" }], "write `==`");
  }
  if (before.kind === "operator" && ["=", "<", ">"].includes(before.text)) {
    return at.fault("split-operator", at.here, [{ operator: `${before.text}=` }], `write \`${before.text}=\``);
  }
  if (!at.afterValue) return null;
  return at.fault("assignment-in-expression", at.here, [], "to compare, write `==`");
};

/** Words that stand only inside an `if`. */
const ifParts: Rule = (at) => {
  const open = at.innermost;
  const word = !at.atEnd && at.found.kind === "word" ? at.found.text : "";
  if (word === "then" || word === "else") {
    if (open?.kind === "then" && word === "else") {
      return at.fault("if-without-then", at.here, [{ found: "`else`" }], "write `if c then a else b`");
    }
    if (at.wantsValue || open?.kind === word) return null;
    const opener = word === "then" ? "if" : "then";
    return at.fault("stray-word", at.here, [{ word, opener }], "write `if c then a else b`");
  }
  if (!at.afterValue || (open?.kind !== "then" && open?.kind !== "else")) return null;
  // `if a b then` lacks an operator, not `then`.
  if (!at.atEnd && startsValue(at.found) && !at.found.newline && laterWord(at, open.kind)) return null;
  if (open.kind === "then") {
    const braces = foundOperator(at) === "{";
    const help = braces ? "branches are values and need no braces: `if c then a else b`" : "write `if c then a else b`";
    return at.fault("if-without-then", at.here, [{ found: at.foundText }], help);
  }
  const related = [{ span: at.span(at.tokens[open.index]), label: "this `then` has no `else`" }];
  return at.fault("if-without-else", at.here, [{ found: at.foundText }], "write `if c then a else b`", related);
};

function laterWord(at: Place, word: string): boolean {
  for (let index = at.index; index < at.end; index++) {
    const token = at.tokens[index];
    if (token.kind === "word" && token.text === word) return true;
    if (token.newline && index > at.index) return false;
  }
  return false;
}

/** Two values side by side. */
const sideBySide: Rule = (at) => {
  const { before, found } = at;
  if (before === null || !at.afterValue || at.atEnd) return null;
  const call = foundOperator(at) === "(";
  if (!call && !startsValue(found)) return null;
  if (!call && found.newline && at.bracket?.kind === "{") return null;
  if (!call && !at.expected.has("+") && at.afterFirst === null) return missingComma(at);
  if (before.kind === "name" && foreignWords.has(before.text) && !call && !at.expected.has("=")) {
    return at.fault("unknown-keyword", at.span(before), [{ word: before.text }], foreignWords.get(before.text) ?? null);
  }
  if (found.kind === "name" && foreignInfix.has(found.text) && !call) {
    return at.fault("unknown-operator", at.here, [{ operator: found.text }], foreignInfix.get(found.text) ?? null);
  }
  const left = at.valueBefore();
  if (indicesText.test(left)) {
    const help = `the body of index notation follows an arrow: \`${left} -> ${at.valueHere()}\``;
    return at.fault("missing-operator", at.here, [{ left, right: call ? "(" : at.valueHere() }], help);
  }
  if (call) {
    const method = methodCall(at, left);
    if (method !== null) return method;
    const help = found.newline
      ? "a line that begins with `(` goes on with the expression above"
      : "to multiply, write `*` between the values";
    return at.fault("call-of-value", at.here, [], help);
  }
  const right = at.valueHere();
  const short = left !== "..." && right !== "...";
  const product = before.kind === "number" || found.kind === "number" ? null : `\`${left} @ ${right}\``;
  const listed = at.bracket?.kind === "(" || at.bracket?.kind === "[" ? `, or is a \`,\` missing` : "";
  const help = short
    ? `did you mean ${product === null ? "" : `${product} or `}\`${left} * ${right}\`${listed}?`
    : null;
  return at.fault("missing-operator", at.here, [{ left, right }], help);
};

/** `x.sum()`; `object` is the value that is called. */
function methodCall(at: Place, object: string): Diagnostic | null {
  const { before } = at;
  if (before?.kind !== "name" || at.index < at.start + 2 || at.tokens[at.index - 2].text !== ".") return null;
  const name = before.text;
  const known = object !== "..." && object.endsWith(`.${name}`);
  const first = known ? withoutParentheses(object.slice(0, -name.length - 1)) : "...";
  const [more, otherwise] = at.tokens.at(at.index + 1)?.text === ")" ? ["", ""] : [", ...", ", or `*` to multiply"];
  return at.fault("method-call", at.span(before), [{ name }], `write \`${name}(${first}${more})\`${otherwise}`);
}

/** `(x + 1)` -> `x + 1`, where the first parenthesis is closed by the last. */
function withoutParentheses(text: string): string {
  const inner = text.slice(1, -1);
  return text.startsWith("(") && text.endsWith(")") && !/[()]/.test(inner) ? inner : text;
}

/** `fn f(x y)`, `import { a b }`: names of a list without `,`. */
function missingComma(at: Place): Diagnostic | null {
  if (!at.expected.has(",") || at.before === null) return null;
  return at.fault("missing-comma", at.here, [{ left: at.before.text, right: at.found.text }]);
}

/** `[i < n] x[i]`, `[0 <= i < n] (x + 1)`: how index notation reads without its arrow. */
const indicesText = /^\[\s*(?:[^[\],<]+<=\s*)?[\p{L}\w]+\s*<[^[\]=]*\]$/u;

/** `[i in 0 : n]`, a range as other languages write it. */
const indexIn: Rule = (at) => {
  const isIn = !at.atEnd && at.found.kind === "word" && at.found.text === "in";
  if (!isIn || at.bracket?.kind !== "[" || at.before?.kind !== "name") return null;
  return at.fault(
    "index-form",
    at.here,
    [],
    `write \`[${at.before.text} < n] -> ...\` or \`[1 <= ${at.before.text} < n] -> ...\``,
  );
};

/** An operator without a value behind it. */
const danglingOperator: Rule = (at) => {
  const { before } = at;
  const operator = foundOperator(at);
  if (!at.wantsValue && operator !== "=" && operator !== "->") return null;
  if (operator === "+" && (before === null || before.text !== "+")) {
    if (!isInfix(before)) return at.fault("unary-plus", at.here, [], "leave it out");
  }
  if (!isInfix(before)) return null;
  if (before.text === "-" && operator === ">") {
    return at.fault("split-operator", at.here, [{ operator: "->" }], "write `->`");
  }
  if (before.text === "*" && operator === "*") {
    return at.fault("unknown-operator", at.here, [{ operator: "* *" }], "a power is written `x^2`");
  }
  if (before.text === "+" && operator === "+") return at.fault("unary-plus", at.here, [], "leave it out");
  if (operator === "+") return at.fault("unary-plus", at.here, [], "leave it out");
  return at.fault("missing-operand", at.span(before), [{ operator: before.text, found: at.foundText }]);
};

/** A value is expected and something else stands here. */
const noValue: Rule = (at) => {
  const { before } = at;
  if (!at.wantsValue || before === null) return null;
  const operator = foundOperator(at);
  if (operator === "...") return at.fault("misplaced-ellipsis", at.here, []);
  if (!at.atEnd && at.found.kind === "discard") return at.fault("misplaced-discard", at.here, []);
  if (operator === ",") return at.fault("misplaced-comma", at.here, [], "remove it");
  if (operator === ";") return at.fault("misplaced-semicolon", at.here, [{ where: "where a value is expected" }]);
  if (isInfix(at.found) && !at.atEnd) return at.fault("missing-left-operand", at.here, [{ operator: at.found.text }]);
  if (at.afterValue && !at.atEnd && at.found.kind === "operator") return null;
  return at.fault("missing-value", at.span(before), [{ after: `\`${before.text}\``, found: at.foundText }]);
};

/** A value is complete, and something stands here that cannot go on with it. */
const afterValue: Rule = (at) => {
  if (!at.afterValue || at.before === null || at.atEnd) return null;
  const operator = foundOperator(at);
  const { bracket } = at;
  if (operator === ",") {
    const help =
      bracket?.kind === "("
        ? "several values side by side are a list: `[a, b]`"
        : "write one statement for each, or `[a, b]` to stack them";
    return at.fault("unexpected-comma", at.here, [], help);
  }
  if (operator === ";" && bracket !== null && bracket.kind !== "{") {
    const related = [{ span: at.span(at.tokens[bracket.index]), label: `\`${bracket.kind}\` is opened here` }];
    return at.fault("misplaced-semicolon", at.here, [{ where: "inside brackets" }], "use `,`", related);
  }
  if (operator === "{") return at.fault("misplaced-block", at.here, []);
  if (operator === ":" && bracket?.kind !== "[") {
    return at.fault(
      "misplaced-colon",
      at.here,
      [],
      "slices stand in brackets: `x[a:b]`; types follow a name that is declared",
    );
  }
  if (at.found.kind === "discard") return at.fault("misplaced-discard", at.here, []);
  return null;
};

/** A name is expected behind `.`, `carry`, `yield`, in parameter lists. */
const noName: Rule = (at) => {
  if (!at.wantsName || at.before === null || at.expected.has("return")) return null;
  const operator = foundOperator(at);
  if (operator === ",") return at.fault("misplaced-comma", at.here, [], "remove it");
  if (operator === ";")
    return at.fault("misplaced-semicolon", at.here, [{ where: "where a name is expected" }], "use `,`");
  return at.fault("expected-name", at.here, [{ found: at.foundText, where: `after \`${at.before.text}\`` }]);
};

export const expressionRules: readonly Rule[] = [
  arrow,
  equals,
  ifParts,
  indexIn,
  sideBySide,
  danglingOperator,
  noName,
  noValue,
  afterValue,
];
