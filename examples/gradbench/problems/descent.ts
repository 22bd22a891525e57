/** The two problems with a search inside of a search, each derivative in either mode. */
import type { Compile, Problem } from "../protocol.ts";
import { computing, itself, numbers } from "../protocol.ts";

/** The functions are called by the modes of the outer and the inner derivative: f for forward, r for reverse. */
const modes = ["rr", "fr", "rf", "ff"] as const;

/** The program in one pair of modes, compiled when it is first wanted. */
function byModes(compile: Compile, program: string): (mode: string) => Promise<Record<string, unknown>> {
  const modules = new Map<string, Record<string, unknown>>();
  const flag = (letter: string | undefined): string => (letter === "f" ? "1" : "0");
  return async (mode) => {
    const set = { outer: flag(mode[0]), inner: flag(mode[1]) };
    const module = modules.get(mode) ?? (await compile(program, { set }));
    modules.set(mode, module);
    return module;
  };
}

export async function particle(compile: Compile): Promise<Problem> {
  const moduleFor = byModes(compile, "particle");
  await moduleFor("rr");
  const prepare = (mode: string) => async (input: { readonly w: number }) => {
    const { particle } = (await moduleFor(mode)) as { particle: (start: number) => number };
    return computing(() => particle(input.w), itself);
  };
  return Object.fromEntries(modes.map((mode) => [mode, prepare(mode)]));
}

export async function saddle(compile: Compile): Promise<Problem> {
  const moduleFor = byModes(compile, "saddle");
  await moduleFor("rr");
  const prepare = (mode: string) => async (input: { readonly start: readonly number[] }) => {
    const { saddle } = (await moduleFor(mode)) as { saddle: (start: Float64Array) => Float64Array };
    const start = Float64Array.from(input.start);
    return computing(() => saddle(start), numbers);
  };
  return Object.fromEntries(modes.map((mode) => [mode, prepare(mode)]));
}
