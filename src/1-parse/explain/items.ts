/** Items: what starts one, its head, and what stands around it. */
import { didYouMean } from "../../diagnostics/suggest.ts";
import { foreignWords } from "./foreign.ts";
import { describe } from "./place.ts";
import { itemWords } from "../tokens.ts";
import type { Rule } from "./place.ts";

/** Something that is no item stands where one should. */
const noItem: Rule = (at) => {
  if (at.index !== at.start || at.atEnd) return null;
  const { found, after } = at;
  if (found.kind === "word" && itemWords.has(found.text)) return null;
  const kinds = "a file consists of `import`, `const`, `fn`, `layer`, `model`, `initializer`, `optimizer` and `derive`";
  if (found.kind === "name") {
    const foreign = foreignWords.get(found.text);
    if (foreign !== undefined) return at.fault("unknown-keyword", at.here, [{ word: found.text }], foreign);
    if (after?.kind === "operator" && after.text === "=") {
      const help = `a constant is \`const ${found.text} = ...\`; other statements stand inside a \`fn\`, \`layer\` or \`model\``;
      return at.fault("expected-item", at.here, [{ found: describe(found) }], help);
    }
    const meant = didYouMean(found.text, itemWords);
    if (meant !== null) return at.fault("unknown-keyword", at.here, [{ word: found.text }], meant);
  }
  return at.fault("expected-item", at.here, [{ found: describe(found) }], kinds);
};

const nestedItem: Rule = (at) => {
  const { found } = at;
  if (at.atEnd || found.kind !== "word" || !itemWords.has(found.text) || at.index === at.start) return null;
  if (at.wantsName && !at.startsStatement) return null;
  if (at.bracket === null) {
    if (!at.afterValue || found.newline) return null;
    return at.fault("item-on-same-line", at.here, [{ word: found.text }], "start a new line");
  }
  if (found.text === "const" && at.startsStatement) return null;
  const help = found.text === "const" ? "write it as a statement of its own" : "move it out, to the level of the file";
  const related = [{ span: at.span(at.tokens[at.bracket.index]), label: "this is still open" }];
  return at.fault("nested-item", at.here, [{ word: found.text }], help, related);
};

/** The head of an item up to its body. */
const head: Rule = (at) => {
  const word = at.tokens[at.start];
  if (word.kind !== "word" || at.index === at.start) return null;
  const position = at.index - at.start;
  const name = at.tokens[at.start + 1];
  const callable = ["fn", "layer", "initializer", "optimizer"].includes(word.text);
  const shown = `\`${word.text} ${name.text}\``;
  const isOperator = (text: string): boolean => !at.atEnd && at.found.kind === "operator" && at.found.text === text;
  if (callable && position === 2) {
    const help = `write \`${word.text} ${name.text}(x) ...\`, or \`()\` if it has no parameters`;
    return at.fault("missing-parameters", at.here, [{ what: shown }], help);
  }
  if (word.text === "model" && position === 2) {
    const help = isOperator("(")
      ? "a model has no parameter list: its inputs are `input x: [batch, n]` statements"
      : "write `{ ... }`";
    return at.fault("missing-body", at.here, [{ what: shown }], help);
  }
  const headIsComplete = at.bracket === null && at.before?.kind === "operator" && at.before.text === ")";
  const bodyExpected = at.expected.has("{") && at.expected.has("=") && !at.expected.has("+");
  if (callable && headIsComplete && (bodyExpected || isOperator("->"))) {
    if (isOperator("->") || isOperator(":"))
      return at.fault("result-type", at.here, [], `leave out \`${at.found.text} ...\``);
    return at.fault("missing-body", at.here, [{ what: shown }], "write `= ...` or `{ ... return ... }`");
  }
  if (word.text === "const" && position === 2) {
    return at.fault("missing-equals", at.here, [{ after: shown, found: at.foundText }]);
  }
  return null;
};

const importForm: Rule = (at) => {
  const word = at.tokens[at.start];
  if (word.kind !== "word" || word.text !== "import" || at.index === at.start) return null;
  const help = 'write `import { name } from "./file.nn"`';
  if (at.expected.has('"') || at.expected.has("from") || at.expected.has("{")) {
    const expected = at.expected.has("{")
      ? "`{`"
      : at.expected.has("from")
        ? '`from "./file.nn"`'
        : "a path in double quotes";
    return at.fault("import-form", at.here, [{ expected, found: at.foundText }], help);
  }
  if (at.before?.text === "{" && at.found.text === "}")
    return at.fault("import-form", at.here, [{ expected: "a name", found: "`}`" }], help);
  return null;
};

const deriveForm: Rule = (at) => {
  const word = at.tokens[at.start];
  if (word.kind !== "word" || word.text !== "derive" || at.index === at.start) return null;
  const help = "write `derive f: value, gradient(a, b)` or `derive f(x: [n, 3]): value`";
  if (at.expected.has(":") && at.index > at.start + 1 && at.bracket === null) {
    return at.fault("derive-form", at.here, [{ expected: "`:`", found: at.foundText }], help);
  }
  return null;
};

/** Something follows an item that is complete. */
const afterItem: Rule = (at) => {
  if (at.atEnd || at.bracket !== null || !at.expected.has(";") || at.before === null) return null;
  const { found, before } = at;
  const closed = before.text === "}";
  const ownLine = found.newline && (found.kind === "name" || found.kind === "word" || found.kind === "discard");
  if (!closed && !ownLine) return null;
  const word = at.tokens[at.start];
  const name = at.tokens[at.start + 1];
  const item = name.kind === "name" ? `${word.text} ${name.text}` : word.text;
  const help =
    found.kind === "name" && closed
      ? "move it into the block, before its `}`"
      : `write \`${item}${word.text === "fn" ? "(...)" : ""} { ... }\` to have several statements`;
  return at.fault("text-after-item", at.here, [{ found: describe(found), item }], help);
};

export const itemRules: readonly Rule[] = [noItem, nestedItem, head, importForm, deriveForm, afterItem];
