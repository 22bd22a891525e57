import { describe, expect, it } from "vitest";
import { catalogue, topics } from "../../src/diagnostics/catalogue/index.ts";
import { diagnostic, isInternal } from "../../src/diagnostics/report.ts";

const span = { source: { path: "a.nn", text: "x" }, start: 0, end: 1 };

describe("the catalogue", () => {
  it("has each code in one topic", () => {
    const codes = Object.values(topics).flatMap((topic) => Object.keys(topic));
    expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([]);
    expect(Object.keys(catalogue).sort()).toEqual(codes.sort());
  });

  it("has kebab-case codes", () => {
    expect(Object.keys(catalogue).filter((code) => !/^[a-z]+(-[a-z]+)*$/.test(code))).toEqual([]);
  });
});

describe("diagnostic", () => {
  it("fills in the message", () => {
    expect(diagnostic("unknown-name", { name: "logit" }, span, { help: "did you mean `logits`?" })).toEqual({
      code: "unknown-name",
      severity: "error",
      message: "`logit` is not defined",
      span,
      related: [],
      help: "did you mean `logits`?",
    });
    expect(diagnostic("unreachable", {}, span).message).toBe("nothing runs after `return`");
    expect(diagnostic("unused-input", { name: "x" }, span).severity).toBe("warning");
    expect(diagnostic("definition-cycle", { names: ["a", "b"] }, span).message).toBe(
      "these are defined by each other: `a` -> `b` -> `a`",
    );
  });

  it("checks arguments by code", () => {
    // @ts-expect-error a code of the catalogue is wanted
    expect(() => diagnostic("no-such-code", {}, span)).toThrow();
    // @ts-expect-error unknown-name speaks of a name
    expect(diagnostic("unknown-name", { nam: "x" }, span).message).toContain("undefined");
  });

  it("marks faults of derive and says what to report", () => {
    const fault = diagnostic("internal-error", { detail: "no rule for x" }, span);
    expect(isInternal(fault)).toBe(true);
    expect(fault.help).toMatch(/report/);
    expect(isInternal(diagnostic("unreachable", {}, span))).toBe(false);
  });
});
