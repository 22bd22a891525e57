import { describe, expect, it } from "vitest";
import type { Diagnostic, Span } from "../../src/diagnostics/diagnostic.ts";
import { lineStarts, positionAt } from "../../src/diagnostics/position.ts";
import { excerpt, render, toJson } from "../../src/diagnostics/render.ts";

/** The span of the n-th occurrence of `part`. */
function spanOf(text: string, part: string, path = "a.nn", nth = 0): Span {
  let start = -1;
  for (let i = 0; i <= nth; i++) start = text.indexOf(part, start + 1);
  return { source: { path, text }, start, end: start + part.length };
}

function make(span: Span, more: Partial<Diagnostic> = {}): Diagnostic {
  return { code: "unknown-name", severity: "error", message: "wrong", span, related: [], help: null, ...more };
}

const program = "model M {\n  h = relu(x)\n  z = hh @ W\n}\n";

describe("render", () => {
  it("shows place, line, marks, other places and help", () => {
    const source = spanOf(program, "hh").source;
    const related = [
      { span: { ...spanOf(program, "h ="), source, end: program.indexOf("h =") + 1 }, label: "`h` is [batch] here" },
    ];
    const text = render([
      make(spanOf(program, "hh"), { message: "`hh` is not defined", related, help: "did you mean `h`?" }),
    ]);
    expect(text).toBe(
      [
        "a.nn:3:7: error: `hh` is not defined [unknown-name]",
        " 3 |   z = hh @ W",
        "   |       ^^",
        "a.nn:2:3: `h` is [batch] here",
        " 2 |   h = relu(x)",
        "   |   -",
        "   = did you mean `h`?",
        "",
      ].join("\n"),
    );
  });

  it("sorts by place within a file and keeps files together", () => {
    const list = [
      spanOf(program, "W", "b.nn"),
      spanOf(program, "z"),
      spanOf(program, "hh", "b.nn"),
      spanOf(program, "x"),
    ];
    expect(toJson(list.map((span) => make(span))).map((d) => `${d.path}:${d.start.line}`)).toEqual([
      "b.nn:3",
      "b.nn:3",
      "a.nn:2",
      "a.nn:3",
    ]);
  });

  it("puts marks under tabs and wide characters", () => {
    expect(render([make(spanOf("\tσ = 漢字 + 🙂x", "x"))])).toContain(
      " 1 |     σ = 漢字 + 🙂x\n   |                  ^\n",
    );
    expect(render([make(spanOf("a\tbc", "bc"))])).toContain(" 1 | a   bc\n   |     ^^\n");
    expect(render([make(spanOf("e\u0301x", "x"))])).toContain(" 1 | e\u0301x\n   |  ^\n");
  });

  it("marks one column where a span is empty, also at the end of the file", () => {
    const source = { path: "a.nn", text: "fn f(x" };
    expect(render([make({ source, start: 6, end: 6 })])).toContain(" 1 | fn f(x\n   |       ^\n");
    const line = { path: "a.nn", text: "fn f(x\n" };
    expect(render([make({ source: line, start: 7, end: 7 })])).toContain(
      "a.nn:2:1: error: wrong [unknown-name]\n 2 |\n   | ^\n",
    );
  });

  it("shows spans of several lines, the middle of long ones left out", () => {
    const text = "x = f(a,\n  b,\n  c)\n";
    expect(render([make(spanOf(text, "f(a,\n  b,\n  c)"))])).toContain(
      " 1 | x = f(a,\n   |     ^^^^\n 2 |   b,\n   |   ^^\n 3 |   c)\n   |   ^^\n",
    );
    const long = Array.from({ length: 12 }, (_, i) => `line${i}`).join("\n");
    expect(render([make(spanOf(long, long))])).toContain(
      "  1 | line0\n    | ^^^^^\n  2 | line1\n    | ^^^^^\n   ...\n 12 | line11\n    | ^^^^^^\n",
    );
    // The line break at the end of a span does not count.
    expect(render([make(spanOf("a\nb\n", "a\n"))])).not.toContain(" 2 |");
  });

  it("names the file alone where there is no text", () => {
    const source = { path: "gone.nn", text: "" };
    expect(render([make({ source, start: 0, end: 0 }, { message: "cannot be read" })])).toBe(
      "gone.nn: error: cannot be read [unknown-name]\n",
    );
  });

  it("colours only when asked, and lets no program text steer the terminal", () => {
    const text = "x = \u001b[31my \u202e";
    const plain = render([make(spanOf(text, "y"), { message: "bad \u001b", help: "\u0007" })]);
    expect(plain).not.toMatch(/[\u001b\u0007\u202e]/);
    expect(plain).toContain("bad \\u{1b}");
    expect(render([make(spanOf(text, "y"))], { color: true })).toContain("\u001b[1;31merror\u001b[0m");
  });
});

describe("excerpt", () => {
  const clip = (text: string, part: string, width: number): string => {
    const from = text.indexOf(part);
    const { shown, marks } = excerpt(text, from, from + part.length, "^", width);
    expect(shown.length).toBeLessThanOrEqual(width);
    return `${shown}\n${marks}`;
  };

  it("clips long lines around the span", () => {
    expect(clip(`abc ${"d".repeat(100)}`, "abc", 20)).toBe(`abc ${"d".repeat(14)}…\n^^^`);
    expect(clip(`${"d".repeat(100)} abc ${"e".repeat(100)}`, "abc", 20)).toBe("…dddd abc eeeeeeeee…\n      ^^^");
    expect(clip(`${"d".repeat(100)} abc`, "abc", 20)).toBe("…dddd abc\n      ^^^");
  });

  it("stays fast on a line of a megabyte", () => {
    const text = `${"x + ".repeat(250_000)}bad${" + x".repeat(100)}`;
    const start = performance.now();
    const [shown, marks] = clip(text, "bad", 60).split("\n");
    expect(performance.now() - start).toBeLessThan(200);
    expect(shown.slice(marks.indexOf("^"), marks.length)).toBe("bad");
  });

  it("finds the marked text whatever surrounds it", () => {
    for (let before = 0; before < 150; before += 7) {
      for (let after = 0; after < 150; after += 11) {
        for (const filler of ["a", "漢", "🙂"]) {
          const text = `${filler.repeat(before)}bad${filler.repeat(after)}`;
          const from = text.indexOf("bad");
          const { shown, marks } = excerpt(text, from, from + 3, "^", 50);
          const columns = Array.from(shown).flatMap((c) => (c === "漢" || c === "🙂" ? [c, ""] : [c]));
          expect(columns.slice(marks.indexOf("^"), marks.length).join(""), `${filler} ${before} ${after}`).toBe("bad");
          expect(columns.length).toBeLessThanOrEqual(50);
        }
      }
    }
  });
});

describe("positions", () => {
  it("count lines from 1, whatever ends them", () => {
    const source = { path: "a.nn", text: "a\r\nbc\rd\n" };
    expect(lineStarts(source.text)).toEqual([0, 3, 6, 8]);
    expect(positionAt(source, 4)).toEqual({ offset: 4, line: 2, column: 2 });
    expect(positionAt(source, 8)).toEqual({ offset: 8, line: 4, column: 1 });
    expect(positionAt({ path: "", text: "" }, 0)).toEqual({ offset: 0, line: 1, column: 1 });
  });

  it("stand in the JSON form", () => {
    expect(toJson([make(spanOf(program, "hh"), { help: "h" })])).toEqual([
      {
        path: "a.nn",
        code: "unknown-name",
        severity: "error",
        message: "wrong",
        start: { offset: 30, line: 3, column: 7 },
        end: { offset: 32, line: 3, column: 9 },
        related: [],
        help: "h",
      },
    ]);
  });
});
