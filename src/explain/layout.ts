/** Columns of text. */

/** A cell wider than this does not widen its column: its row runs on after it. */
const widest = 44;

/**
 * Rows with their cells aligned, two spaces in. The first gap is narrow where it leads to `=`, as in `d = 2 * b`; empty
 * cells at the end are left out.
 */
export function aligned(rows: readonly (readonly string[])[], { narrow = true } = {}): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, k) => {
      const width = lengthOf(cell);
      if (width <= widest) widths[k] = Math.max(widths[k] ?? 0, width);
    });
  }
  return rows.map((row) => {
    const last = row.findLastIndex((cell) => cell !== "");
    const cells = row.slice(0, last + 1).map((cell, k) => {
      const gap = narrow && k === 0 ? " " : "   ";
      return k === last ? cell : padded(cell, widths[k] ?? 0) + gap;
    });
    return `  ${cells.join("")}`.trimEnd();
  });
}

/** `text` filled up with spaces. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - lengthOf(text)));
}

/** Characters as they are counted on a terminal: combining marks take no room. */
function lengthOf(text: string): number {
  return Array.from(text.replace(/\p{M}/gu, "")).length;
}

/** A title, an empty line, and what is below it; nothing where that is empty. */
export function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, "", ...lines, ""];
}
