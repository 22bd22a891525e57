/** Modules as WebAssembly text: nested expressions, one statement a line where it fits. */
import type { Code, WasmFunction, WasmModule } from "./syntax.ts";

const width = 110;

/** The whole module. It imports the memory that its owner laid out. */
export function printModule({ functions, globals, data, relaxed }: WasmModule): string {
  const lines = ["(module", '  (import "env" "memory" (memory 1))'];
  if (relaxed) lines.push('  (global (export "relaxed") i32 (i32.const 1))');
  for (const { name, type } of globals) {
    const zero = type === "v128" ? "v128.const i64x2 0 0" : `${type}.const 0`;
    lines.push(`  (global $${name} (mut ${type}) (${zero}))`);
  }
  for (const { name, offset, bytes } of data) {
    lines.push(`  ;; ${name}`, `  (data (i32.const ${offset}) "${escaped(bytes)}")`);
  }
  for (const f of functions) lines.push("", ...printFunction(f).map((line) => (line === "" ? line : `  ${line}`)));
  return [...lines, ")", ""].join("\n");
}

/** One function, its comment above it. */
export function printFunction(f: WasmFunction): readonly string[] {
  const comment = f.comment.map((text) => `;; ${text}`);
  const exported = f.exported ? ` (export "${f.name}")` : "";
  const parameters = f.parameters.map(({ name, type }) => `(param $${name} ${type})`);
  const result = f.result === null ? [] : [`(result ${f.result})`];
  const head = [`(func $${f.name}${exported}`, ...parameters, ...result].join(" ");
  const byType = new Map<string, string[]>();
  for (const { name, type } of f.locals) byType.set(type, [...(byType.get(type) ?? []), `(local $${name} ${type})`]);
  const locals = [...byType.values()].flatMap((list) => wrapped(list));
  return [...comment, head, ...[...locals, ...f.body.flatMap(printCode)].map((line) => `  ${line}`), ")"];
}

function wrapped(words: readonly string[]): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line !== "" && line.length + word.length + 1 > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}

function printCode(code: Code): readonly string[] {
  switch (code.kind) {
    case "comment":
      return [`;; ${code.text}`];
    case "loop":
    case "block":
      return [`(${code.kind} $${code.label}`, ...indented(code.body.flatMap(printCode)), ")"];
    case "if": {
      const condition = printCode(code.condition);
      const head = condition.length === 1 ? [`(if ${condition[0]}`] : ["(if", ...indented(condition)];
      const then = ["(then", ...indented(code.then.flatMap(printCode)), ")"];
      const otherwise = code.else.length === 0 ? [] : ["(else", ...indented(code.else.flatMap(printCode)), ")"];
      return [...head, ...indented([...then, ...otherwise]), ")"];
    }
    case "plain": {
      const line = onOneLine(code);
      if (line !== null && line.length <= width) return [line];
      return [`(${code.op}`, ...indented(code.operands.flatMap(printCode)), ")"];
    }
  }
}

/** Null for what holds blocks, and for what is too long. */
function onOneLine(code: Code): string | null {
  if (code.kind !== "plain") return null;
  let text = code.op;
  for (const operand of code.operands) {
    const inner = onOneLine(operand);
    if (inner === null || text.length + inner.length > width) return null;
    text += ` ${inner}`;
  }
  return `(${text})`;
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

function escaped(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
}
