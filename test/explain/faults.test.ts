import { expect, test } from "vitest";
import { explain, type ExplainOptions } from "../../src/explain/explain.ts";

const vector = "fn f(x: [n]) = sum(x[1:] * x[:-1])";
const matrix = "fn f(A: [n, n], b: [n]) = sum(A @ b)";
const lookup = "fn f(E: [5, 2], w: index(5)) = sum(E[w])";

const cases: readonly (readonly [source: string, options: Partial<ExplainOptions>, code: string, words: string])[] = [
  ["layer shift(x: [..., n]) = x + 1", {}, "explain-nothing", "function or model"],
  ["fn g(x) = x\nfn f(x) = g(x)", { item: "g" }, "explain-not-exported", "`g`"],
  ["fn f(x) = x\nfn g(x) = x", { at: { x: 1 } }, "explain-several", "f"],
  ["fn f(x) = x", { at: { y: 1 } }, "value-unknown", "`y`"],
  ["fn f(x, y) = x * y", { at: { x: 1 } }, "value-missing", "y"],
  [matrix, { at: { A: [[1, 2], [3]], b: [1, 2] } }, "value-ragged", "`A`"],
  [
    matrix,
    {
      at: {
        A: [
          [1, 2],
          [3, 4],
        ],
        b: 1,
      },
    },
    "value-shape",
    "`b`",
  ],
  [
    lookup,
    {
      at: {
        E: [
          [1, 2],
          [3, 4],
          [5, 6],
          [7, 8],
          [9, 0],
        ],
        w: 0.5,
      },
    },
    "value-type",
    "`w`",
  ],
  ["fn f(x: [n], i: index(9)) = x[i]", { at: { x: [1, 2], i: 7 } }, "value-refused", "7"],
  [vector, { at: { x: [] } }, "value-requirement", "n"],
];

test.each(cases)("%s with %j: %s", (source, options, code, words) => {
  const { text, diagnostics } = explain(source, { path: "a.nn", ...options });
  expect(text).toBeNull();
  expect(diagnostics.map((d) => [d.code, d.severity])).toEqual([[code, "error"]]);
  expect(diagnostics[0].message).toContain(words);
});
