// Kernels in WebAssembly against the interpreter's running error bound: every form, at sizes below, at and above what vectors and
// tiles hold. `npm run sweep` tries all sizes from 1 to 40 in both precisions.
import { expect, test } from "vitest";
import { forms, judged, sizesOf, trained } from "./sweep.ts";

const cases = Object.entries({ ...forms, ...trained }).map(
  ([name, body], k) => [name, body, k % 4 === 3 ? "f64" : "f32"] as const,
);

test.each(cases)("%s", (_, body, precision) => {
  const judge = judged(body, precision);
  const sizes = sizesOf(body, [1, 19]);
  expect(sizes.length).toBeGreaterThan(0);
  for (const [k, at] of sizes.entries()) judge(at, k);
});
