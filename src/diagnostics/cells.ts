/** Text on a terminal: what one column holds, and what must not reach it raw. */

/** A character as people see it, and the columns that it takes. */
export interface Cell {
  readonly text: string;
  readonly width: number;
  /** Offset in the text that was split. */
  readonly offset: number;
}

const tabWidth = 4;

/** Controls, and the marks that reorder text on a screen. */
const unprintable = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** East Asian wide characters and emoji take two columns. */
const wide =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\ufe0f/u;

/** Splits a line into cells; a tab becomes the spaces up to its stop, what cannot be printed becomes U+FFFD. */
export function cellsOf(line: string): readonly Cell[] {
  const cells: Cell[] = [];
  let column = 0;
  for (const { segment, index } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(line)) {
    let cell: Cell;
    if (segment === "\t") {
      const width = tabWidth - (column % tabWidth);
      cell = { text: " ".repeat(width), width, offset: index };
    } else if (unprintable.test(segment)) cell = { text: "\ufffd", width: 1, offset: index };
    else if (/^\p{M}+$/u.test(segment)) cell = { text: `\u25cc${segment}`, width: 1, offset: index };
    else cell = { text: segment, width: wide.test(segment) ? 2 : 1, offset: index };
    cells.push(cell);
    column += cell.width;
  }
  return cells;
}

/** A message with unprintable characters written out, so that no program text can steer the terminal. */
export function printable(text: string): string {
  return text.replace(new RegExp(unprintable, "gu"), (c) =>
    c === "\n" ? c : `\\u{${c.codePointAt(0)?.toString(16) ?? ""}}`,
  );
}

/** A name, such as that of a file, for a place within a line. */
export function printableLine(text: string): string {
  return printable(text).replaceAll("\n", "\\u{a}");
}

/** JSON that means the same, with `\\u` for what would steer a terminal that shows it. */
export function asciiControls(json: string): string {
  return json.replace(new RegExp(unprintable, "gu"), (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
