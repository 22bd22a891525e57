/** Names of generated code. */

/** Words that no declaration can have for a name, and globals that generated code uses. */
const undeclarableNames: ReadonlySet<string> = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends " +
    "false finally for function if implements import in instanceof interface let new null package private protected " +
    "public return static super switch this throw true try typeof var void while with yield undefined NaN Infinity " +
    "Math Number Object Array ArrayBuffer DataView Float32Array Float64Array Int32Array Uint8Array Uint32Array " +
    "Int8Array Int16Array Uint16Array BigInt64Array BigUint64Array BigInt RangeError TypeError Error JSON String " +
    "Boolean Symbol Map Set TextEncoder TextDecoder WebAssembly globalThis"
  ).split(" "),
);

/** Names that variables in a module do not have: those, and what generated code uses in places. */
export const reservedNames: ReadonlySet<string> = new Set([
  ...undeclarableNames,
  ..."as async from get of set type out dims memory integers flags".split(" "),
]);

/** What an export is called inside of the module: its name, where a declaration can have it. No user's name has a `$`. */
export function declaredName(exported: string): string {
  return undeclarableNames.has(exported) ? `${exported}$` : exported;
}

/** `name` with `_` appended until nothing has it. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  while (reservedNames.has(free) || taken.has(free)) free += "_";
  return free;
}

/** An identifier made of a path: `h.W` becomes `h_W`. */
export function identifierOf(path: string): string {
  const text = path.replace(/[^\p{ID_Continue}$]/gu, "_");
  return /^[\p{ID_Start}_$]/u.test(text) ? text : `_${text}`;
}

/** `rosenbrock` -> `Rosenbrock`. */
export function upperFirst(name: string): string {
  const [first = ""] = name;
  return first.toUpperCase() + name.slice(first.length);
}

/** `XOR` -> `xor`, `MLPNet` -> `mlpNet`: leading capitals in lower case, but for one before a small letter. */
export function lowerLeading(name: string): string {
  const capitals = /^\p{Lu}+/u.exec(name)?.[0] ?? "";
  const rest = name.slice(capitals.length);
  const kept = capitals.length > 1 && /^\p{Ll}/u.test(rest) ? 1 : 0;
  const lowered = capitals.slice(0, capitals.length - kept).toLowerCase();
  return lowered + name.slice(capitals.length - kept);
}
