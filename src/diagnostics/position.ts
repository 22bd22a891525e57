import type { Source } from "./diagnostic.ts";

/** A place in a source as editors count it: line and column from 1, columns in UTF-16 units. */
export interface Position {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** Where the lines of a text begin; a line ends with \n, \r\n or \r. */
export function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|\n|\r/g)) starts.push(index + end.length);
  return starts;
}

/** The line (from 0) that holds an offset. */
export function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Line and column of an offset, which may be the end of the text. */
export function positionAt(source: Source, offset: number, starts = lineStarts(source.text)): Position {
  const line = lineOf(starts, offset);
  return { offset, line: line + 1, column: offset - starts[line] + 1 };
}

/** The text of a line (from 0) without its end. */
export function lineText(text: string, starts: readonly number[], line: number): string {
  const end = line + 1 < starts.length ? starts[line + 1] : text.length;
  return text.slice(starts[line], end).replace(/[\r\n]+$/, "");
}
