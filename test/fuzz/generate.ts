/** The random program of a seed: functions, layers and optimizers that call each other, in one file or several, and models. */
import { publicNames } from "../../src/2-check/intrinsics/public.ts";
import { ownCalls, withNames } from "./calls-of-own.ts";
import type { Construct } from "./construct.ts";
import { elementwise } from "./elementwise.ts";
import { deriveOpen, openFunction, randomFunction, resultsOf, wantedOf, type Making } from "./functions.ts";
import { idioms } from "./idioms.ts";
import { indexNotation } from "./index-notation.ts";
import { randomConsts, randomInitializers, randomOptimizer } from "./items.ts";
import { randomLayer } from "./layers.ts";
import { loops } from "./loops.ts";
import { randomModel } from "./models.ts";
import { matrices } from "./matrices.ts";
import { products } from "./products.ts";
import { windows } from "./windows.ts";
import type { Fn, Home, Program } from "./program.ts";
import { Rng } from "./rng.ts";
import type { Counter, Items, Scope } from "./scope.ts";
import { structure } from "./structure.ts";
import { subscripts } from "./subscripts.ts";

const constructs: readonly Construct[] = [
  ...elementwise,
  ...structure,
  ...subscripts,
  ...idioms,
  ...indexNotation,
  ...products,
  ...matrices,
  ...windows,
  ...ownCalls,
  ...loops(() => constructs, grow),
];

/** Tries constructs until `count` of them have made something. */
function grow(s: Scope, rows: readonly Construct[], count: number): void {
  const total = rows.reduce((sum, row) => sum + row.weight, 0);
  let made = 0;
  for (let tries = 0; made < count && tries < 8 * count; tries++) {
    let at = s.rng.next() * total;
    const isFavoured = tries === 0 && s.rng.chance(0.4);
    const favourite = isFavoured ? rows.find(({ calls }) => calls?.includes(s.rng.favourite ?? "")) : undefined;
    const row = favourite ?? rows.find(({ weight }) => (at -= weight) < 0) ?? rows[0];
    const term = row.make(s);
    if (term === null || !s.isSmall(term.type.shape)) continue;
    s.keep(s.rng.chance(0.08) ? withNames(term, s.rng.below(3)) : term);
    made++;
  }
}

const comments = ["", "", "", "// One file of several.\n", "/* Made up,\n   line by line. */\n", "/// Of nothing.\n\n"];

/** Functions that stand in models alone. */
const ofModels: readonly string[] = ["dense", "embedding", "layer_norm", "rms_norm", "standardize", "conv2d_layer", "batch_norm", "multi_head_attention", "rnn", "lstm", "gru", "dropout", "uniform", "normal"]; // prettier-ignore

/** The program of a seed. */
export function generate(seed: number): Program {
  const favourite = publicNames.functions[seed % publicNames.functions.length];
  const rng = new Rng(seed, "program", favourite);
  const counter: Counter = { next: 0 };
  // Helpers in the order in which they call each other: the first lies in the farthest file.
  const isSplit = rng.chance(0.2);
  const place = (): Home => (isSplit ? rng.pick([0, 1, 2] as const) : 0);
  const helperCount = rng.pick([0, 0, 1, 1, 2]);
  const isModel = rng.chance(ofModels.includes(favourite) ? 0.7 : 0.17);
  const homes = Array.from({ length: helperCount + 2 }, place).sort((a, b) => b - a);
  const consts = rng.chance(0.25) ? randomConsts(rng, place()) : [];
  const initializers = isModel && rng.chance(0.4) ? randomInitializers(rng, [place(), place()]) : [];
  const helpers: Fn[] = [];
  const items: Items = { consts, initializers, functions: helpers };
  const makingAt = (home: Home): Making => ({ rng, counter, items, home, constructs, grow });
  for (let k = 0; k < helperCount; k++) {
    const making = makingAt(homes[k]);
    const name = `g${String(k)}`;
    const isLayer = isModel && rng.chance(0.5);
    const isOpen = !isLayer && rng.chance(0.25);
    const f = isLayer
      ? randomLayer(making, name)
      : isOpen
        ? openFunction(making, name)
        : randomFunction(making, name, 1 + rng.below(2), resultsOf);
    const isDerived = isOpen && f.home === 0 && rng.chance(0.5);
    helpers.push(isDerived ? deriveOpen(rng, f) : f);
  }
  const comment = rng.pick(comments);
  const common = { seed, comment, consts, initializers, helpers };
  if (isModel) {
    if (rng.chance(0.35)) helpers.push(randomOptimizer(makingAt(homes[helperCount]), "opt"));
    return { ...common, functions: [], models: [randomModel(makingAt(0))] };
  }
  if (rng.chance(0.05)) return { ...common, functions: [deriveOpen(rng, openFunction(makingAt(0), "f"))], models: [] };
  const f = randomFunction(makingAt(0), "f", 2 + rng.below(5), resultsOf);
  f.wanted = wantedOf(rng, f);
  return { ...common, functions: [f], models: [] };
}
