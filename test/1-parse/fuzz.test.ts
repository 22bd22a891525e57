import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { format } from "../../src/1-parse/format.ts";
import { parse } from "../../src/1-parse/parse.ts";
import { printAst } from "../../src/1-parse/print.ts";
import { bare } from "./helpers.ts";

/** Numbers below `bound` from a seed (mulberry32): failures can be repeated. */
function randomIntegers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

const programs = readdirSync("examples", { recursive: true, withFileTypes: true })
  .filter((entry) => entry.name.endsWith(".nn"))
  .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, "utf8"));
const loops = `fn f(x: [n], T) {
  h, ys = scan t in 0 : T carry h = 0, c = 1 yield y { next h = if t < 3 then h else -c^2; y = h }
  return [i < n, 1 <= j < n] -> { a = x[i:j, ::2]; return a.T }, while h < 1 carry h = h max 9 { next h = 2 * h }
}`;
const words =
  "fn layer model optimizer initializer derive const import return if then else for scan while repeat use in and or not true inf pi " +
  "input index target param frozen state next output loss metric train hyper from carry yield bool max as x y W 1 2.5 .5 " +
  '( ) [ ] { } , : ; . = == != < <= > >= + - * / @ ^ -> ... _ _a "t" // /// /* */ ** % && += := § − \n \r\n \t';
const vocabulary = words.split(" ");

/** Parses, and checks what must hold for any text. */
function check(text: string): void {
  const { file, diagnostics } = parse({ path: "a.nn", text });
  for (const { span, message, related } of diagnostics) {
    expect(message).not.toMatch(/undefined|internal/);
    for (const { start, end } of [span, ...related.map((place) => place.span)]) {
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeGreaterThanOrEqual(start);
      expect(end).toBeLessThanOrEqual(text.length);
    }
  }
  if (diagnostics.some(({ severity }) => severity === "error")) return;
  const once = format(file);
  const again = parse({ path: "a.nn", text: once });
  expect(again.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(bare(again.file.items)).toEqual(bare(file.items));
  expect(format(again.file)).toBe(once);
  printAst(file);
}

describe("any text is parsed or refused, in reasonable time", () => {
  it("random bytes", () => {
    const random = randomIntegers(1);
    for (let round = 0; round < 300; round++) {
      const bytes = Uint8Array.from({ length: random(400) }, () => random(256));
      check(new TextDecoder().decode(bytes));
    }
  });

  it("random tokens", () => {
    const random = randomIntegers(2);
    for (let round = 0; round < 1500; round++) {
      const tokens = Array.from({ length: random(60) }, () => vocabulary[random(vocabulary.length)]);
      check(`fn f(x) ${random(2) === 0 ? "=" : "{"} ${tokens.join(random(3) === 0 ? "" : " ")}`);
    }
  });

  it("mutated programs", () => {
    const random = randomIntegers(3);
    const sources = [...programs, loops];
    for (let round = 0; round < 1200; round++) {
      let text = sources[random(sources.length)];
      for (let edits = 1 + random(4); edits > 0; edits--) {
        const at = random(text.length);
        const until = at + random(random(8) === 0 ? 60 : 3);
        const put = random(2) === 0 ? "" : ` ${vocabulary[random(vocabulary.length)]} `;
        text = text.slice(0, at) + put + text.slice(until);
      }
      check(text);
    }
  });

  it("programs whose lines are shuffled or doubled", () => {
    const random = randomIntegers(4);
    for (let round = 0; round < 300; round++) {
      const lines = programs[random(programs.length)].split("\n");
      for (let swaps = 1 + random(5); swaps > 0; swaps--)
        lines.splice(random(lines.length), 1, lines[random(lines.length)]);
      check(lines.join("\n"));
    }
  });
});
