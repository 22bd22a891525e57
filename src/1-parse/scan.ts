import { assignmentOperators, foreignOperators, lookalikes } from "./characters.ts";
import { fault } from "./fault.ts";
import { endsValue, reservedWords } from "./tokens.ts";
import type { Comment } from "./ast.ts";
import type { Diagnostic, Source, Span } from "../diagnostics/diagnostic.ts";
import type { Token, Tokens } from "./tokens.ts";

const identifier = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
// Wider than a number: what looks like one is taken whole, so that one message says what is wrong with it.
const numeral = /(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?/y;
const digits = /[0-9]+/y;
const operators = [
  ...["->", "==", "!=", "<=", ">=", "...", "=", "<", ">", "+", "-", "*", "/", "@", "^", "(", ")", "[", "]", "{", "}"],
  ...[",", ":", ";", "."],
];
/** All spellings by first character, longest first: the foreign ones are found so that they can be named. */
const spellings: ReadonlyMap<string, readonly string[]> = groupByFirst([
  ...operators,
  ...foreignOperators.keys(),
  ...assignmentOperators,
]);
const known: ReadonlySet<string> = new Set(operators);

/**
 * Splits a source into tokens and comments, in one pass and in linear time. Nothing throws: what the language does not have becomes a
 * `bad` token with its diagnostic, so that the error is reported by the item it stands in. A byte-order mark, tabs, and any kind of line
 * end are white space.
 */
export function scan(source: Source): Tokens {
  const { text } = source;
  const tokens: Token[] = [];
  const comments: Comment[] = [];
  let position = text.startsWith("\uFEFF") ? 1 : 0;
  let newline = true;

  const spanOf = (start: number, end: number): Span => ({ source, start, end });
  const push = (kind: Token["kind"], end: number, written: string, problem: Diagnostic | null = null): void => {
    tokens.push({ kind, text: written, start: position, end, newline, problem });
    position = end;
    newline = false;
  };
  const bad = (end: number, problem: Diagnostic): void => {
    push("bad", end, text.slice(position, end), problem);
  };

  while (position < text.length) {
    const code = text.charCodeAt(position);
    if (code === 32 || code === 9) {
      position++;
    } else if (isLineBreak(code)) {
      newline = true;
      position++;
    } else if (code === 47 && (text[position + 1] === "/" || text[position + 1] === "*")) {
      scanComment();
    } else if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95) {
      scanName();
    } else if (code >= 48 && code <= 57) {
      scanNumber();
    } else if (code === 46 && isDigit(text.charCodeAt(position + 1))) {
      scanPoint();
    } else if (code === 34) {
      scanText();
    } else if (code < 128) {
      scanOperator();
    } else {
      scanUnicode();
    }
  }
  push("end", text.length, "");
  return { tokens, comments };

  function scanComment(): void {
    const start = position;
    if (text[start + 1] === "/") {
      position = lineEnd(text, start);
      const isDoc = text[start + 2] === "/" && text[start + 3] !== "/";
      comments.push({ kind: isDoc ? "doc" : "line", text: text.slice(start, position), span: spanOf(start, position) });
      return;
    }
    const close = text.indexOf("*/", start + 2);
    if (close < 0) {
      bad(text.length, fault("unterminated-comment", spanOf(start, start + 2), [], "close it with `*/`"));
      return;
    }
    position = close + 2;
    const written = text.slice(start, position);
    if (/[\n\r\u2028\u2029]/.test(written)) newline = true;
    comments.push({ kind: "block", text: written, span: spanOf(start, position) });
  }

  function scanName(): void {
    identifier.lastIndex = position;
    const written = identifier.exec(text)?.[0] ?? "_";
    const end = position + written.length;
    if (written === "_") push("discard", end, written);
    else if (written.startsWith("_")) {
      const bare = written.replace(/^_+/, "");
      const help = /^\p{ID_Start}/u.test(bare) ? `write \`${shorten(bare)}\`` : null;
      bad(end, fault("leading-underscore", spanOf(position, end), [{ name: shorten(written) }], help));
    } else push(reservedWords.has(written) ? "word" : "name", end, written.normalize("NFC"));
  }

  function scanNumber(): void {
    numeral.lastIndex = position;
    const written = numeral.exec(text)?.[0] ?? "0";
    let end = position + written.length;
    // Digits, letters and points that touch the number belong to what the user meant by it.
    const rest = /^(?:[\p{ID_Continue}]|\.(?=[\p{ID_Continue}]))+/u.exec(text.slice(end, end + 64))?.[0] ?? "";
    if (rest !== "") {
      end += rest.length;
      bad(end, numberFault(written, rest, spanOf(position, end)));
    } else if (/__|_(?:$|[.eE])|\._/.test(written)) {
      const why = "one `_` may stand between two digits";
      bad(end, fault("bad-number", spanOf(position, end), [{ text: shorten(written), why }]));
    } else if (!Number.isFinite(Number(written.replaceAll("_", "")))) {
      bad(
        end,
        fault("number-too-large", spanOf(position, end), [{ text: shorten(written) }], "write `inf` for infinity"),
      );
    } else push("number", end, written);
  }

  /** `.5` is a number, but for `h.0.W`, where it is the name of a round. */
  function scanPoint(): void {
    const before = tokens.at(-1);
    if (before === undefined || before.end !== position || before.kind === "number" || !endsValue(before)) {
      scanNumber();
      return;
    }
    push("operator", position + 1, ".");
    digits.lastIndex = position;
    const written = digits.exec(text)?.[0] ?? "0";
    push("name", position + written.length, written);
  }

  function scanText(): void {
    let close = position + 1;
    while (close < text.length && text[close] !== '"' && !isLineBreak(text.charCodeAt(close))) close++;
    if (text[close] === '"') push("text", close + 1, text.slice(position, close + 1));
    else bad(close, fault("unterminated-text", spanOf(position, close), [], 'close it with `"`'));
  }

  function scanOperator(): void {
    const written = spellings.get(text.charAt(position))?.find((spelling) => text.startsWith(spelling, position));
    const end = position + (written ?? "?").length;
    if (written === undefined) scanUnicode();
    else if (known.has(written)) push("operator", end, written);
    else if (assignmentOperators.has(written)) {
      const help = "give the new value a new name: `b = a + 1`";
      bad(end, fault("assignment-operator", spanOf(position, end), [{ operator: written }], help));
    } else {
      const help = foreignOperators.get(written) ?? null;
      bad(end, fault("unknown-operator", spanOf(position, end), [{ operator: written }], help));
    }
  }

  function scanUnicode(): void {
    identifier.lastIndex = position;
    if (identifier.test(text)) {
      scanName();
      return;
    }
    const character = String.fromCodePoint(text.codePointAt(position) ?? 0);
    const end = position + character.length;
    if (/[\p{Zs}\v\f\u200B\uFEFF]/u.test(character)) {
      position = end;
      return;
    }
    const known = lookalikes.get(character);
    const help = known === undefined ? null : `write \`${known.write}\``;
    const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    const name = known?.name ?? "this character";
    const shown = known === undefined ? `U+${hex}` : `\`${character}\``;
    bad(end, fault("unexpected-character", spanOf(position, end), [{ character: shown, name }], help));
  }
}

function numberFault(written: string, rest: string, span: Span): Diagnostic {
  const text = shorten(written + rest);
  if (/^0[xXbBoO]/.test(text)) {
    return fault("bad-number", span, [{ text, why: "numbers are decimal" }]);
  }
  if (/^[eE]/.test(rest)) {
    return fault("bad-number", span, [{ text, why: "digits are missing after the `e`" }], "write it as `1e-3`");
  }
  if (rest.startsWith(".") && /^\.[0-9_]/.test(rest)) {
    return fault("bad-number", span, [{ text, why: "it has two points" }]);
  }
  if (/^_/.test(rest)) {
    return fault("bad-number", span, [{ text, why: "one `_` may stand between two digits" }]);
  }
  const name = rest.replace(/^\./, "");
  const left = shorten(written);
  return fault("missing-operator", span, [{ left, right: name }], `did you mean \`${left} * ${name}\`?`);
}

/** A text as it is quoted in a message. */
function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`;
}

function lineEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && !isLineBreak(text.charCodeAt(end))) end++;
  return end;
}

function isLineBreak(code: number): boolean {
  return code === 10 || code === 13 || code === 0x2028 || code === 0x2029;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function groupByFirst(words: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const word of words) {
    const first = word.charAt(0);
    const group = groups.get(first);
    if (group === undefined) groups.set(first, [word]);
    else group.push(word);
  }
  for (const group of groups.values()) group.sort((a, b) => b.length - a.length);
  return groups;
}
