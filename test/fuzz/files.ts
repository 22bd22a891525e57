/** Several files in one text: the main one, then each imported one below a line `// file: path`. */
export const mainPath = "fuzz.nn";
export const fileMark = "// file: ";

/** The files of a text by path, the main one first. */
export function filesOf(text: string): ReadonlyMap<string, string> {
  const [main, ...others] = `\n${text}`.split(`\n${fileMark}`);
  const named = others.map((part): [string, string] => {
    const end = part.indexOf("\n");
    return [part.slice(0, end), part.slice(end + 1)];
  });
  return new Map([[mainPath, main.slice(1)], ...named]);
}

/** A program whose consts have other values, and the settings that make it the same program again. */
export interface Settings {
  readonly text: string;
  readonly set: Readonly<Record<string, string>>;
}

const written = /^(?: {2})?const (\w+) = (-?\d[\d.]*(?:e-?\d+)?|true|false)$/u;

/** Consts of the main file and of its models whose value is a number or a flag. */
export function settingsOf(text: string): Settings {
  const set: Record<string, string> = {};
  let model: string | null = null;
  let isMain = true;
  const lines = text.split("\n").map((line) => {
    isMain &&= !line.startsWith(fileMark);
    const item = /^(fn|layer|initializer|optimizer|model) (\w+)/u.exec(line);
    if (item !== null) model = item[1] === "model" ? item[2] : null;
    const found = written.exec(line);
    if (!isMain || found === null) return line;
    const [, name, value] = found;
    const isItem = line.startsWith("const");
    if (!isItem && model === null) return line;
    set[isItem ? name : `${String(model)}.${name}`] = value;
    return line.replace(/= .*/u, `= ${otherThan(value)}`);
  });
  return { text: lines.join("\n"), set };
}

function otherThan(value: string): string {
  if (value === "true" || value === "false") return value === "true" ? "false" : "true";
  return /^-?\d+$/u.test(value) ? "7" : "0.375";
}
