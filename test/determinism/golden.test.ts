// The bits that the examples compute, and that nothing in emitted code leaves them to the engine.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { evaluate } from "../../src/evaluate.ts";
import { supportSources } from "../../src/7-emit/support.generated.ts";
import { filesUnder, read } from "../project/files.ts";
import { generated, hashOf, sources } from "./workloads.ts";

const golden = JSON.parse(readFileSync(new URL("golden.json", import.meta.url), "utf8")) as Record<string, string>;

async function moduleOf(name: string): Promise<Record<string, unknown>> {
  if (generated.includes(name)) return (await import(`../../generated/${name}.ts`)) as Record<string, unknown>;
  const { path, append, precision } = sources[name];
  return evaluate(read(path) + append, { path, precision });
}

test.each(Object.keys(sources))("%s computes the same bits as ever, and again", async (name) => {
  const module = await moduleOf(name);
  const why = "run `npm run determinism -- --update` if the arithmetic was meant to change";
  expect(await hashOf(name, module), why).toBe(golden[name]);
  expect(await hashOf(name, module)).toBe(golden[name]);
});

test("every example has a hash", () => {
  const hashed = Object.values(sources).map(({ path }) => path);
  expect(hashed.sort()).toEqual([...filesUnder("examples", ".nn")].sort());
});

// Exactly specified by ECMAScript: every engine gives the same bits.
const exact = new Set("abs ceil clz32 floor fround imul max min round sign sqrt trunc".split(" "));

test("emitted code uses no function of Math whose bits are the engine's own, no clock, no chance, no network, no eval", () => {
  const texts = [...filesUnder("generated", ".ts").map(read), ...Object.values(supportSources).map((s) => JSON.stringify(s))]; // prettier-ignore
  const wild =
    /\b(?:Date|performance|fetch|XMLHttpRequest|WebSocket|eval|Function|process|require|globalThis|window|import)\b\s*[(.[]/;
  for (const text of texts) {
    const code = text.replaceAll(/^\s*(?:\/?\*|\/\/).*$/gm, "");
    const used = [...code.matchAll(/\bMath\.(\w+)|\bMath\b(?!\.)/g)].map((match) => match.at(1) ?? match[0]);
    expect(used.filter((name) => !exact.has(name))).toEqual([]);
    // WebAssembly is looked for where it may be missing; what it computes is specified.
    expect(wild.exec(code.replaceAll("globalThis.WebAssembly", "WebAssembly"))?.[0]).toBeUndefined();
  }
});
