/** Programs that try to crash the checker or to keep it busy. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { toJson } from "../../src/diagnostics/render.ts";
import { checkText, lineOf, type Setup } from "./support.ts";

const many = (count: number, part: (k: number) => string, separator = "\n"): string =>
  Array.from({ length: count }, (_, k) => part(k)).join(separator);

/** The codes of what checking says; it must say something or deliver. */
function codesOf(text: string, setup: Setup = {}): readonly string[] {
  const { checked, diagnostics } = checkText(text, setup);
  expect(checked === null).toBe(diagnostics.some(({ severity }) => severity === "error"));
  return [...new Set(diagnostics.map(({ code }) => code))];
}

describe("size", () => {
  test("a sum of 10,000 terms", () => {
    expect(codesOf(`fn f(x) = ${many(10_000, (k) => `x * ${k}`, " + ")}`)).toEqual([]);
  });

  test.each([
    ["brackets", `${"(".repeat(180)}x${")".repeat(180)}`],
    ["calls", `${"relu(".repeat(180)}x${")".repeat(180)}`],
    ["signs", `${"-".repeat(180)}x`],
    ["powers", `${"x^".repeat(180)}x`],
    ["lists", `${"[".repeat(180)}x${"]".repeat(180)}`],
    ["branches", `${many(180, (k) => `if x > ${k} then x * ${k} else`, " ")} 0`],
  ])("nested %s", (_, expression) => {
    expect(codesOf(`fn f(x) = ${expression}`)).toEqual([]);
  });

  test("a list of 5,000 elements", () => {
    expect(codesOf(`fn f(x) = x * [${many(5000, String, ", ")}]`)).toEqual([]);
  });

  test("nodes past the limit end the item, not the file", () => {
    const text = `fn f(x) = ${many(2000, (k) => `sin(x + ${k})`, " + ")}\nfn g(x) = nowhere`;
    expect(checkText(text, { maxNodes: 1000 }).diagnostics.map(lineOf)).toEqual([
      "too-many-nodes 1:4 `f` expands to more than 1000 graph nodes",
      "unknown-name 2:11 `nowhere` is not defined",
    ]);
  });
});

describe("expansion", () => {
  const doubling = (first: string, next: (k: number) => string): string => many(50, (k) => (k === 0 ? first : next(k)));

  test("functions that call the one before twice are elaborated once for equal arguments", () => {
    expect(codesOf(doubling("fn f0(x) = x + 1", (k) => `fn f${k}(x) = f${k - 1}(x) * f${k - 1}(x)`))).toEqual([]);
  });

  test("and not without end for others", () => {
    const text = doubling(
      "fn f0(x, k) = x",
      (k) => `fn f${k}(x, k) = f${k - 1}(x, k) + f${k - 1}(x, k + ${2 ** (k % 40)})`,
    );
    expect(codesOf(`${text}\nfn g(x) = f49(x, 1)`)).toEqual(["too-many-calls"]);
  });

  test("rounds without end", () => {
    const text = "fn f(x) = repeat a < 9999 carry h = x { next h = repeat b < 9999 carry g = h { next g = g } }";
    expect(codesOf(text)).toEqual(["too-many-calls"]);
  });

  test("a long chain of functions, and one of long expressions", () => {
    expect(codesOf(many(1000, (k) => (k === 0 ? "fn f0(x) = x" : `fn f${k}(x) = f${k - 1}(x) + 1`)))).toEqual([
      "calls-too-deep",
    ]);
    const deep = many(
      50,
      (k) => `fn f${k}(x) = ${k === 0 ? "x" : `${"exp(".repeat(150)}f${k - 1}(x)${")".repeat(150)}`}`,
    );
    expect(codesOf(deep)).toEqual(["calls-too-deep"]);
  });

  test("a long chain of consts", () => {
    const text = many(1000, (k) => (k === 999 ? "const c999 = 1" : `const c${k} = c${k + 1} + 1`));
    expect(codesOf(`${text}\nfn f(x) = x`)).toEqual(["calls-too-deep"]);
  });
});

test("names that every JavaScript object has", () => {
  const text = `
fn constructor(toString) = toString
fn f(hasOwnProperty: [valueOf]) = sum(hasOwnProperty) + valueOf + constructor(2)
model isPrototypeOf {
  const toLocaleString = 2
  input constructor: [hasOwnProperty]
  param valueOf: [toLocaleString] = zeros
  toString = dense(valueOf, 3)
  output propertyIsEnumerable = sum(constructor) * toString + sum(toString.W)
}
`;
  expect(codesOf(text)).toEqual([]);
  expect(codesOf(text, { set: { toLocaleString: "3" } })).toEqual([]);
  expect(codesOf("fn f(x) = x", { set: JSON.parse('{ "__proto__": "1" }') as Record<string, string> })).toEqual([
    "set-unknown-const",
  ]);
});

/** Park and Miller's generator: the same numbers everywhere. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** Everything that the samples and examples consist of: words, numbers, operators, white space. */
function tokensOf(text: string): string[] {
  return text.match(/\w+|\s+|[^\w\s]/gu) ?? [];
}

test("mutated programs never crash", () => {
  const root = new URL("../../", import.meta.url);
  const folders = ["examples", "test/samples"];
  const programs = folders.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".nn"))
      .map((path) => tokensOf(readFileSync(new URL(`${folder}/${path}`, root), "utf8"))),
  );
  const vocabulary = [...new Set(programs.flat())];
  const random = generator(20_240_229);
  const rounds = Number(process.env["DERIVE_FUZZ"] ?? 300);
  for (let round = 0; round < rounds; round++) {
    const tokens = [...programs[random(programs.length)]];
    for (let change = random(4); change >= 0; change--) {
      const at = random(tokens.length);
      switch (random(4)) {
        case 0:
          tokens.splice(at, 1);
          break;
        case 1:
          tokens.splice(at, 0, vocabulary[random(vocabulary.length)]);
          break;
        case 2:
          tokens[at] = vocabulary[random(vocabulary.length)];
          break;
        default:
          tokens[at] = tokens[random(tokens.length)];
      }
    }
    const text = tokens.join("");
    try {
      codesOf(text, { maxNodes: 20_000 });
    } catch (error) {
      throw new Error(`this program crashes the checker:\n${text}`, { cause: error });
    }
  }
});

test("thousands of faults are found in linear time", () => {
  const secondsOf = (count: number): number => {
    const text = many(count, (k) => `fn f${k}(x) = y${k}`);
    const started = performance.now();
    const { diagnostics } = checkText(text);
    const seconds = (performance.now() - started) / 1000;
    expect(diagnostics).toHaveLength(count);
    expect(toJson(diagnostics)[count - 1]).toMatchObject({ code: "unknown-name", start: { line: count } });
    return seconds;
  };
  // Six times the text takes six times as long, not thirty-six. What else the machine does only adds: the least counts.
  let few = Infinity;
  let most = Infinity;
  for (let round = 0; round < 4 && !(most / few < 12); round++) {
    few = Math.min(few, secondsOf(1000));
    most = Math.min(most, secondsOf(6000));
  }
  expect(most / few).toBeLessThan(12);
});
