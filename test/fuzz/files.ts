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
