import { expect, test } from "vitest";
import { createTool } from "../../examples/gradbench/adapter.ts";
import { table } from "./support.ts";

interface Data {
  readonly model: object;
}

interface Reference {
  module: string;
  function: string;
  input: number | { readonly data?: Data };
  output: unknown;
}

const { hand, records } = table("gradbench") as { hand: object; records: readonly Reference[] };

/** The input as an evaluation sends it. */
function inputOf(input: Reference["input"]): unknown {
  if (typeof input === "number") return input;
  const { data } = input;
  const whole = data === undefined ? {} : { data: { ...data, model: { ...hand, ...data.model } } };
  return { ...input, ...whole, min_runs: 2, min_seconds: 0 };
}

const modules = [...new Set(records.map((r) => r.module))];

/** Wants the same JSON, each number to 1e-10 of its size. */
function expectSame(actual: unknown, expected: unknown, path: string): void {
  if (typeof expected === "number") {
    if (!(Math.abs((actual as number) - expected) <= 1e-10 * Math.abs(expected))) {
      expect.fail(`${path}: ${String(actual)} where the reference has ${expected}`);
    }
  } else if (typeof expected === "object" && expected !== null) {
    expect(Object.keys(actual as object).sort(), path).toEqual(Object.keys(expected).sort());
    for (const [key, value] of Object.entries(expected)) {
      expectSame((actual as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  } else {
    expect(actual, path).toBe(expected);
  }
}

test.each(modules)("%s answers as the reference", async (module) => {
  const answer = createTool();
  expect(await answer({ id: 0, kind: "define", module })).toMatchObject({ id: 0, success: true });
  for (const [id, { function: name, input, output }] of records.entries()) {
    if (records[id]?.module !== module) continue;
    const reply = await answer({ id, kind: "evaluate", module, function: name, input: inputOf(input) });
    expect(reply.error).toBeUndefined();
    const timings = reply.timings ?? [];
    expect(timings.map((t) => t.name)).toEqual([
      "prepare",
      ...Array<string>(typeof input === "number" ? 1 : 2).fill("evaluate"),
    ]);
    expectSame(reply.output, output, `${module}.${name}`);
  }
});

test("what is no define and no evaluate is acknowledged; what is unknown is refused", async () => {
  const answer = createTool();
  expect(await answer({ id: 3, kind: "start" })).toEqual({ id: 3, tool: "derive" });
  expect(await answer({ id: 4, kind: "analysis" })).toEqual({ id: 4 });
  expect(await answer({ id: 5, kind: "define", module: "toString" })).toMatchObject({ id: 5, success: false });
  const call = { kind: "evaluate", module: "hello", input: 1 } as const;
  expect(await answer({ id: 6, ...call, function: "square" })).toMatchObject({ id: 6, success: false });
  await answer({ id: 7, kind: "define", module: "hello" });
  expect(await answer({ id: 8, ...call, function: "cube" })).toMatchObject({ id: 8, success: false });
  expect(await answer({ id: 9, ...call, function: "square" })).toMatchObject({ id: 9, success: true, output: 1 });
  expect(await answer({ id: 10, ...call, function: "toString" })).toMatchObject({ id: 10, success: false });
});
