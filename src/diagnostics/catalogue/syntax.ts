import type { Catalogue } from "./row.ts";

/** What can be wrong with the text of a program, before any name is looked up. What to do about it is the diagnostic's `help`. */
export const syntax = {
  // ---- Characters and literals
  "unexpected-character": {
    severity: "error",
    message: (a: { character: string; name: string }) => `${a.name} (${a.character}) has no meaning in a program`,
  },
  "unknown-operator": {
    severity: "error",
    message: (a: { operator: string }) => `there is no operator \`${a.operator}\``,
  },
  "bad-number": {
    severity: "error",
    message: (a: { text: string; why: string }) => `\`${a.text}\` is not a number: ${a.why}`,
  },
  "number-too-large": {
    severity: "error",
    message: (a: { text: string }) =>
      `\`${a.text}\` is too large for a floating-point number (the largest is about 1.8e308)`,
  },
  "leading-underscore": {
    severity: "error",
    message: (a: { name: string }) => `\`${a.name}\`: a name may not start with \`_\``,
  },
  "unterminated-text": {
    severity: "error",
    message: () => 'this text has no closing `"` on its line',
  },
  "unterminated-comment": {
    severity: "error",
    message: () => "this comment has no closing `*/`",
  },
  "comment-as-operator": {
    severity: "warning",
    message: (a: { comment: string }) => `\`//\` starts a comment: \`${a.comment}\` is not part of the expression`,
  },

  // ---- Limits
  "source-too-large": {
    severity: "error",
    message: (a: { bytes: number }) => `the source has ${a.bytes} bytes; the limit is 1 MB (1048576 bytes)`,
  },
  "nesting-too-deep": {
    severity: "error",
    message: (a: { limit: number }) => `this is nested more than ${a.limit} levels deep`,
  },
  "too-many-errors": {
    severity: "error",
    message: (a: { limit: number }) => `${a.limit} items have syntax errors: the rest of the file is not read`,
  },
  "item-too-long": {
    severity: "error",
    message: (a: { tokens: number; limit: number }) =>
      `this item has ${a.tokens} words and symbols; the limit is ${a.limit}`,
  },

  // ---- Brackets
  "unclosed-bracket": {
    severity: "error",
    message: (a: { open: string; close: string; found: string }) =>
      `expected \`${a.close}\` before ${a.found}: this \`${a.open}\` is never closed`,
  },
  "mismatched-bracket": {
    severity: "error",
    message: (a: { found: string; open: string; close: string }) =>
      `found \`${a.found}\`, but the innermost open bracket is \`${a.open}\`, which \`${a.close}\` closes`,
  },
  "stray-bracket": {
    severity: "error",
    message: (a: { found: string }) => `\`${a.found}\` closes nothing`,
  },

  // ---- Items
  "expected-item": {
    severity: "error",
    message: (a: { found: string }) => `${a.found} starts no item`,
  },
  "nested-item": {
    severity: "error",
    message: (a: { word: string }) => `\`${a.word}\` starts an item, and an item may not stand inside another one`,
  },
  "text-after-item": {
    severity: "error",
    message: (a: { found: string; item: string }) =>
      `${a.found} stands outside of any block: \`${a.item}\` is complete`,
  },
  "missing-body": {
    severity: "error",
    message: (a: { what: string }) => `the body of ${a.what} is missing`,
  },
  "missing-parameters": {
    severity: "error",
    message: (a: { what: string }) => `the parameter list of ${a.what} is missing`,
  },
  "result-type": {
    severity: "error",
    message: () => "the result of a function has no written type: shapes are inferred",
  },
  "import-form": {
    severity: "error",
    message: (a: { expected: string; found: string }) => `\`import\`: expected ${a.expected}, found ${a.found}`,
  },
  "derive-form": {
    severity: "error",
    message: (a: { expected: string; found: string }) => `\`derive\`: expected ${a.expected}, found ${a.found}`,
  },
  "item-on-same-line": {
    severity: "error",
    message: (a: { word: string }) => `\`${a.word}\` starts an item, and an item starts on a new line`,
  },

  // ---- Names
  "reserved-word": {
    severity: "error",
    message: (a: { word: string }) => `\`${a.word}\` is a reserved word and cannot be a name`,
  },
  "expected-name": {
    severity: "error",
    message: (a: { found: string; where: string }) => `expected a name ${a.where}, found ${a.found}`,
  },

  // ---- Statements
  "unknown-keyword": {
    severity: "error",
    message: (a: { word: string }) => `\`${a.word}\` is not a word of the language`,
  },
  "assignment-operator": {
    severity: "error",
    message: (a: { operator: string }) => `there is no \`${a.operator}\`: a name is bound once and never changed`,
  },
  "assignment-in-expression": {
    severity: "error",
    message: () => "`=` binds a name and is not part of an expression",
  },
  "assignment-target": {
    severity: "error",
    message: (a: { target: string }) =>
      `\`${a.target}\` cannot be assigned to: only a name stands on the left of \`=\``,
  },
  "expression-statement": {
    severity: "error",
    message: () => "this value is computed and then not used: a statement binds a name or returns",
  },
  "statement-on-same-line": {
    severity: "error",
    message: (a: { found: string }) => `${a.found} starts a statement, and a statement starts on a new line`,
  },
  "missing-value": {
    severity: "error",
    message: (a: { after: string; found: string }) => `expected a value after ${a.after}, found ${a.found}`,
  },
  "missing-equals": {
    severity: "error",
    message: (a: { after: string; found: string }) => `expected \`=\` after ${a.after}, found ${a.found}`,
  },
  "missing-colon": {
    severity: "error",
    message: (a: { after: string }) => `expected \`:\` between ${a.after} and its shape`,
  },
  "typed-binding": {
    severity: "error",
    message: (a: { name: string }) => `\`${a.name}\` cannot be given a type: the shape of a value is inferred`,
  },
  "input-value": {
    severity: "error",
    message: (a: { word: string }) => `\`${a.word}\` has no value`,
  },
  "one-name-only": {
    severity: "error",
    message: (a: { word: string }) => `\`${a.word}\` declares one name`,
  },

  // ---- Expressions
  "missing-operator": {
    severity: "error",
    message: (a: { left: string; right: string }) => `\`${a.left} ${a.right}\`: an operator is missing`,
  },
  "missing-comma": {
    severity: "error",
    message: (a: { left: string; right: string }) => `expected \`,\` between \`${a.left}\` and \`${a.right}\``,
  },
  "missing-operand": {
    severity: "error",
    message: (a: { operator: string; found: string }) => `expected a value after \`${a.operator}\`, found ${a.found}`,
  },
  "missing-left-operand": {
    severity: "error",
    message: (a: { operator: string }) => `expected a value before \`${a.operator}\``,
  },
  "unary-plus": {
    severity: "error",
    message: () => "there is no `+` sign in front of a value",
  },
  "comparison-chain": {
    severity: "error",
    message: (a: { first: string; second: string }) =>
      `\`${a.first}\` and \`${a.second}\` do not chain: a comparison is true or false`,
  },
  "misplaced-not": {
    severity: "error",
    message: (a: { operator: string }) => `\`not\` binds looser than \`${a.operator}\` and needs parentheses here`,
  },
  "misplaced-block": {
    severity: "error",
    message: () => "a block is not a value: it stands after `->`, or as the body of a loop or an item",
  },
  "if-without-then": {
    severity: "error",
    message: (a: { found: string }) => `expected \`then\` after the condition of \`if\`, found ${a.found}`,
  },
  "if-without-else": {
    severity: "error",
    message: (a: { found: string }) => `expected \`else\`, found ${a.found}: both branches of an \`if\` have a value`,
  },
  "stray-word": {
    severity: "error",
    message: (a: { word: string; opener: string }) => `\`${a.word}\` without \`${a.opener}\` before it`,
  },
  "index-form": {
    severity: "error",
    message: () => "an index of `[...] -> ...` is a name with a bound",
  },
  "method-call": {
    severity: "error",
    message: (a: { name: string }) =>
      `\`${a.name}\` is called like a method: functions take all values in their parentheses`,
  },
  "call-of-value": {
    severity: "error",
    message: () => "only a name can be called",
  },
  "misplaced-ellipsis": {
    severity: "error",
    message: () => "`...` stands only in front of the dimensions of a type, as in `[..., n]`",
  },
  "misplaced-discard": {
    severity: "error",
    message: () => "`_` discards a result and has no value",
  },
  "loop-form": {
    severity: "error",
    message: (a: { word: string; expected: string; found: string }) =>
      `\`${a.word}\`: expected ${a.expected}, found ${a.found}`,
  },
  "repeated-clause": {
    severity: "error",
    message: (a: { clause: string; word: string }) => `this \`${a.word}\` has \`${a.clause}\` twice`,
  },
  "misplaced-clause": {
    severity: "error",
    message: (a: { clause: string; word: string }) => `\`${a.word}\` takes no \`${a.clause}\``,
  },
  "type-form": {
    severity: "error",
    message: (a: { found: string }) => `expected a type, found ${a.found}`,
  },
  "unexpected-comma": {
    severity: "error",
    message: () => "one value is expected here, and `,` would start another",
  },
  "misplaced-arrow": {
    severity: "error",
    message: () => "`->` needs indices in brackets before it",
  },
  "misplaced-colon": {
    severity: "error",
    message: () => "`:` is not part of an expression",
  },
  "split-operator": {
    severity: "error",
    message: (a: { operator: string }) => `\`${a.operator}\` is written without a blank`,
  },
  "misplaced-comma": {
    severity: "error",
    message: () => "nothing stands before this `,`",
  },
  "misplaced-semicolon": {
    severity: "error",
    message: (a: { where: string }) => `\`;\` separates statements and cannot stand ${a.where}`,
  },
  "unexpected-token": {
    severity: "error",
    message: (a: { found: string; expected: string }) => `expected ${a.expected}, found ${a.found}`,
  },
} as const satisfies Catalogue;
