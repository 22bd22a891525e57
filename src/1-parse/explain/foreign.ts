/** Words of other languages. */

/** What to write instead of a keyword that other languages have. */
export const foreignWords: ReadonlyMap<string, string> = new Map([
  ...["let", "var", "val", "auto", "mut", "local", "set", "tensor", "float", "double", "int", "real", "number"].map(
    (word): [string, string] => [word, "a name is bound without a keyword: `y = 2 * x`"],
  ),
  ...["function", "func", "def", "fun", "define", "proc", "function*"].map((word): [string, string] => [
    word,
    "a function is `fn f(x) = ...` or `fn f(x) { ... }`",
  ]),
  ["lambda", "there are no nameless functions: define `fn f(x) = ...`; entries of a tensor are `[i < n] -> ...`"],
  ["class", "a network is a `model`, a part of one a `layer`"],
  ["module", "a network is a `model`, a part of one a `layer`"],
  ["network", "a network is a `model`"],
  ["export", "every `fn` that no other item uses is exported"],
  ["public", "every `fn` that no other item uses is exported"],
  ["from", 'an import is `import { name } from "./file.nn"`'],
  ["include", 'an import is `import { name } from "./file.nn"`'],
  ["require", 'an import is `import { name } from "./file.nn"`'],
  ["weight", "a trained parameter is `param W: [n, m] = glorot_uniform`"],
  ["weights", "a trained parameter is `param W: [n, m] = glorot_uniform`"],
  ["parameter", "a trained parameter is `param W: [n, m] = glorot_uniform`"],
  ["print", "nothing is printed from a program: return the value, or declare it as a `metric` or an `output`"],
  ["elif", "write `else if`"],
  ["elseif", "write `else if`"],
  ["end", "a block ends with `}`"],
  ["begin", "a block starts with `{`"],
]);

/** Infix words of other languages. */
export const foreignInfix: ReadonlyMap<string, string> = new Map([
  ["mod", "use `mod(a, b)`"],
  ["rem", "use `mod(a, b)`"],
  ["div", "use `div(a, b)`"],
  ["dot", "use `a @ b` or `dot(a, b)`"],
  ["xor", "use `!=` between conditions"],
  ["is", "use `==`"],
  ["where", "use `if c then a else b` or `where(c, a, b)`"],
  ["elif", "write `else if`"],
  ["do", "a loop's body is a block `{ ... }`"],
]);
