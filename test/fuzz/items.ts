/** Consts, initializers and optimizers of a program. */
import * as dims from "../../src/ir/dim.ts";
import type { Construct } from "./construct.ts";
import { ofAnyShape } from "./elementwise.ts";
import { emptyFunction, Parameters, scopeFor, type Making } from "./functions.ts";
import type { Const, Fn, Home, Stored, TextItem } from "./program.ts";
import type { Rng } from "./rng.ts";
import { d } from "./scope.ts";
import {
  bindingOf,
  call,
  infix,
  literal,
  op,
  real,
  reference,
  strength,
  typeOf,
  type Term,
  type Type,
} from "./terms.ts";

/** Integers for sizes, numbers, flags; the later of the earlier. */
export function randomConsts(rng: Rng, home: Home): readonly Const[] {
  const make = (name: string, type: Type, value: string, size: number | null): Const => ({
    name,
    home,
    text: `const ${name} = ${value}`,
    binding: bindingOf(name, type),
    size,
  });
  const size = rng.pick([2, 3, 4]);
  return [
    make("K1", typeOf("index", []), String(size), size),
    make("K2", real([]), rng.pick(["0.25", "-1.5", "pi / 2", "sqrt(2) / 2", "1e-3"]), null),
    make("K3", typeOf("index", []), rng.pick(["K1 - 1", "div(K1 + 1, 2) + 0 * K1"]), size === 2 ? 1 : null),
    make("K4", typeOf("index", []), rng.pick(["-1", "5", "-(3 - 1)"]), null),
    make("B1", typeOf("bool", []), rng.pick(["true", "false"]), null),
  ];
}

const initializers = [
  "(shape, fan_in, fan_out, gain = 0.5) = gain * uniform(shape, -1, 1)",
  "(shape, fan_in, fan_out, gain = 0.5) {\n  bound = gain * sqrt(3 / fan_in)\n  return normal(shape, 0, bound)\n}",
  "(shape, fan_in, fan_out, gain = 1) = full(shape, gain / (fan_in + fan_out))",
  "(shape, fan_in, fan_out, gain = 0.1) = if fan_in > 2 then normal(shape) * gain else ones(shape) - gain",
  "(shape, fan_in, fan_out, gain = 2) {\n  const least = -0.25\n  return clamp(normal(shape, mean = 0.1, std = gain), least, 1.)\n}",
];

export function randomInitializers(rng: Rng, homes: readonly Home[]): readonly TextItem[] {
  return homes.map((home, k) => {
    const name = `init${String(k)}`;
    return { name, home, text: `initializer ${name}${rng.pick(initializers)}` };
  });
}

/** What follows `=` of a parameter whose axes are written so. */
export function initialText(rng: Rng, type: Type, axes: string, own: readonly TextItem[]): string {
  const rank = type.shape.length;
  const known = type.shape.map(dims.constantOf);
  const custom = own.length > 0 && rng.chance(0.4) ? rng.pick(own).name : null;
  if (custom !== null) return rng.pick([custom, `${custom}(0.75)`, `${custom}(gain = 1.5)`]);
  if (rank === 1 && known[0] !== null && known[0] > 0 && rng.chance(0.2))
    return `[${Array.from({ length: known[0] }, (_, k) => String(k / 4 - 0.3)).join(", ")}]`;
  if (rank > 0 && rng.chance(0.2)) return rng.pick([`0.3 * ones(${axes})`, `uniform(${axes}, -1, 1)^2`, `full(${axes}, 0.2) + normal(${axes}, std = 0.1)`, `zeros(${axes}) - .25`]); // prettier-ignore
  const names = ["zeros", "ones", "normal(0.5)", "normal", "normal(std = 0.3)", "uniform(-1, 1)", "uniform", "uniform(max = 0.5)", "constant(0.3)", "constant(value = -0.2)"]; // prettier-ignore
  const ofMatrices = ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "orthogonal"];
  return rng.pick([
    ...names,
    ...(rank === 2 ? [...ofMatrices, ...ofMatrices] : []),
    ...(rank === 0 ? ["0.5", "-1 / 4"] : []),
  ]);
}

/** Sums over all entries of a tensor of any shape. */
const total: Construct = {
  name: "total",
  weight: 3,
  make: (s) => {
    const x = s.number((t) => t.shape.length > 0);
    return x === null ? null : call(s.rng.name(["sum", "norm", "mean"]), real([]), [x]);
  },
};

/** The type of a state (null: that of the parameter), as it is written, and what it starts as. */
const states: readonly (readonly [Type | null, string | null, readonly string[]])[] = [
  [null, null, ["zeros_like(p)", "ones_like(p)", "0.5 * p", "p"]],
  [null, null, ["zeros_like(p)"]],
  [real([]), null, ["0", "0.5"]],
  [real([d(2)]), "[2]", ["[0.1, -0.2]", "ones([2])"]],
];

/** An optimizer: states and steps of any shape, which is that of the parameter. */
export function randomOptimizer(making: Making, name: string): Fn {
  const { rng, grow } = making;
  const own = emptyFunction(making, name, "optimizer");
  const any = real([dims.symbol("any")]);
  const parameters = new Parameters(rng);
  const s = scopeFor(making, { sizes: [d(1)] });
  const p = s.declare(parameters.add(any, { name: "p", axes: "" }));
  const g = s.declare(parameters.add(any, { name: "g", axes: "" }));
  const lr = s.declare(parameters.add(real([]), { name: "lr", preset: rng.chance(0.6) ? "0.05" : null }));
  if (rng.chance(0.5)) s.declare(parameters.add(real([]), { name: "mu", preset: "0.9" }));
  if (rng.chance(0.5)) s.pool.push(op("step", typeOf("index", []), [], () => "step"));
  const stored = Array.from({ length: rng.below(4) }, (_, k): Stored => {
    const [type, axes, initials] = rng.pick(states);
    const binding = bindingOf(`s${String(k)}`, type ?? any);
    s.declare(binding);
    return { word: "state", binding, axes, initial: rng.pick(initials) };
  });
  grow(s, [...ofAnyShape, ...ofAnyShape, total], 2 + rng.below(4));
  const next = (type: Type, from: Term): Term => {
    const found = s.rng.chance(0.8) ? [...s.pool].reverse().find((t) => t.type.element === "real" && dims.shapesEqual(t.type.shape, type.shape) && t !== p) : null; // prettier-ignore
    const half = infix("*", type, literal("0.5"), found ?? from, strength.multiply);
    return infix("+", type, half, from, strength.add);
  };
  // Far from where it began, so that each step tells.
  const scales = stored.filter(({ binding }) => binding.type !== any).map(({ binding }) => call("sum", real([]), [reference(binding)])); // prettier-ignore
  const direction = scales.reduce(
    (sum, scale) => infix("+", any, sum, call("tanh", real([]), [scale]), strength.add),
    call("tanh", any, [next(any, g)]),
  );
  const moved = infix("-", any, p, infix("*", any, lr, direction, strength.multiply), strength.add);
  const results = [moved, ...stored.map((state) => next(state.binding.type, s.rng.pick(s.pool.filter((t) => t.type.element === "real" && dims.shapesEqual(t.type.shape, state.binding.type.shape)))))]; // prettier-ignore
  return { ...own, parameters: parameters.sorted(), stored, results };
}

/** How `train` may call an optimizer of the program. */
export function trainText(rng: Rng, f: Fn, home: Home): string {
  const name = f.home === home ? f.name : f.alias;
  const args = f.parameters.flatMap((p): string[] => {
    if (p.name === "lr" && (p.preset === null || rng.chance(0.5)))
      return [`lr = ${rng.pick(["0.1", "0.2 / (1 + step)", "0.05"])}`];
    return p.name === "mu" && rng.chance(0.5) ? ["mu = 0.5"] : [];
  });
  if (rng.chance(0.2)) args.push("clip_norm = 1");
  return `${name}(${args.join(", ")})`;
}
