/** Words of other languages, and the nearest word of this one. */

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

/** The candidate nearest to a word, when at most two letters (one in short words) are missing, added, changed or swapped. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let least = word.length < 5 ? 2 : 3;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate, least);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Damerau-Levenshtein distance in its restricted form (optimal string alignment); `limit` where it is not less. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length];
}
