// npm run sweep [-- NAME]: every form of kernel in WebAssembly against the interpreter, edge sizes 1 to 40 in each dimension, in both
// precisions. A part of it is in the tests.
import { forms, judged, sizesOf, trained } from "./sweep.ts";

const only = process.argv.at(2) ?? "";
const edges = Array.from({ length: 40 }, (_, k) => k + 1);
let count = 0;
let failed = 0;
for (const [name, body] of Object.entries({ ...forms, ...trained })) {
  if (!name.includes(only)) continue;
  for (const precision of ["f32", "f64"] as const) {
    const judge = judged(body, precision);
    for (const [k, sizes] of sizesOf(body, edges).entries()) {
      count += 1;
      try {
        judge(sizes, k);
      } catch (error) {
        failed += 1;
        const told = error instanceof Error ? error.message : String(error);
        console.log(`${precision} ${name} at ${JSON.stringify(Object.fromEntries(sizes))}: ${told.slice(0, 400)}`);
        break;
      }
    }
    console.log(`${precision} ${name}`);
  }
}
console.log(`${count} sizes, ${failed} failures`);
process.exitCode = failed === 0 ? 0 : 1;
