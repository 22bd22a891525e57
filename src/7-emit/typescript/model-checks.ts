/** What an entry point of a model refuses besides wrong arrays: unknown options, and more than the store holds. */
import type { ModelEntry } from "../../3-lower/lowered.ts";
import { supportCall } from "./checks.ts";
import type { ModelNames } from "./model-context.ts";
import * as ts from "./syntax.ts";
import type { Expression, Statement } from "./syntax.ts";
import type { ModuleWriter } from "./writer.ts";

/** Checks of the keys of `options`, where there are any; `unsolved`: symbols that no length tells. */
export function optionChecks(
  kind: ModelEntry,
  unsolved: readonly string[],
  writer: ModuleWriter,
): readonly Statement[] {
  if (kind !== "forward" && kind !== "gradient") return [];
  const takesDims = kind === "forward" && unsolved.length > 0;
  const options = ts.name("options");
  const keys = ts.name(writer.keys(takesDims ? ["dims", "out"] : ["out"]));
  const checks: Statement[] = [supportCall(writer, "checkKeys", options, keys, ts.string("options"))];
  if (takesDims) {
    const given = ts.member(options, "dims");
    const check = supportCall(writer, "checkKeys", given, ts.name(writer.keys(unsolved)), ts.string("dims"));
    checks.push(ts.when(ts.binary("!==", given, ts.name("undefined")), [check]));
  }
  return [ts.when(ts.binary("!==", options, ts.name("undefined")), checks)];
}

/** Refuses sizes beyond those that the model was created for, and empty batches where there is a loss. `locals`: by symbol. */
export function capacityChecks(
  kind: ModelEntry,
  { symbols }: ModelNames,
  locals: ReadonlyMap<string, string>,
  writer: ModuleWriter,
): readonly Statement[] {
  const known = symbols.filter((symbol) => locals.has(symbol));
  if (known.length === 0) return [];
  const local = (symbol: string): Expression => ts.name(locals.get(symbol) ?? symbol);
  const s = ts.name("s");
  const capacity = (symbol: string): Expression => ts.member(ts.member(s, "sizes"), symbol);
  const exceeds = known.map((symbol) => ts.binary(">", local(symbol), capacity(symbol)));
  const needed = symbols.map((symbol) => {
    const size = known.includes(symbol) ? ts.call("Math.max", local(symbol), capacity(symbol)) : capacity(symbol);
    return ts.property(symbol, size);
  });
  const error = ts.call(writer.support("capacityError"), ts.member(s, "create"), ts.object(...needed));
  const tooLarge = exceeds.reduce((a, b) => ts.binary("||", a, b));
  const checks: Statement[] = [ts.when(tooLarge, [{ kind: "throw", value: error }])];
  if (kind === "forward") return checks;
  for (const symbol of known) {
    const message = `${kind}: ${symbol} is 0: there is no loss of an empty batch`;
    const empty = ts.create("RangeError", ts.string(message));
    checks.push(ts.when(ts.binary("===", local(symbol), ts.number(0)), [{ kind: "throw", value: empty }]));
  }
  return checks;
}
