/** Random models: inputs, weights, layers, random draws, a loss and an optimizer. */
import * as dims from "../../src/ir/dim.ts";
import type { Dim } from "../../src/ir/dim.ts";
import type { Construct, Grow } from "./construct.ts";
import { loss, scalarOf } from "./products.ts";
import type { Rng } from "./rng.ts";
import { d, Scope, type Counter } from "./scope.ts";
import { call, op, reach, real, strength, typeOf } from "./terms.ts";
import type { Binding, Fn, ModelProgram, Term } from "./terms.ts";

/** x as [..., n] with n known, as layers want it. */
function layerInput(s: Scope): { readonly x: Term; readonly n: number } | null {
  const lastOf = (t: Term["type"]): number | null => {
    const size = t.shape.at(-1);
    return size === undefined ? null : dims.constantOf(size);
  };
  const x = s.find((t) => t.element === "real" && (lastOf(t) ?? 0) > 0);
  const n = x === null ? null : lastOf(x.type);
  return x === null || n === null ? null : { x, n };
}

/** A layer's call is a definition of its own: its parameters are named by it. */
function layer(s: Scope): Term | null {
  const found = layerInput(s);
  if (found === null || s.options.inline) return null;
  const { x, n } = found;
  const before = x.type.shape.slice(0, -1);
  const units = 1 + s.rng.below(4);
  switch (s.rng.below(6)) {
    case 0:
      return s.define(call("layer_norm", real(x.type.shape), [x]));
    case 1:
      return s.define(call("rms_norm", real(x.type.shape), [x]));
    case 2:
      return s.define(call("standardize", real(x.type.shape), [x]));
    case 3: {
      const id = String(s.options.counter.next++);
      const [layerName, carry] = [`dense(a${id}, ${String(n)})`, `a${id}`];
      const text = ([a]: readonly string[]): string => `repeat r${id} < 2 carry ${carry} = ${a} {\n    t${id} = ${layerName}\n    next ${carry} = tanh(t${id})\n  }`; // prettier-ignore
      return s.define(op("repeat-layers", real(x.type.shape), [x], text, { strength: strength.prefix }));
    }
    default: {
      const h = s.define(call("dense", real([...before, d(units)]), [x], String(units)));
      if (s.rng.chance(0.3)) s.pool.push(member(h, "W", [d(n), d(units)]), member(h, "b", [d(units)]));
      return h;
    }
  }
}

/** `h.W` */
function member(h: Term, name: string, shape: readonly Dim[]): Term {
  return op("member", real(shape), [h], ([a]) => `${a}.${name}`, { names: [0] });
}

function embedding(s: Scope): Term | null {
  if (s.options.inline) return null;
  const i = s.find((t) => t.element === "index" && t.bound !== null && t.bound > 0 && t.shape.length < 3);
  if (i === null) return null;
  const units = 1 + s.rng.below(3);
  const shape = [...i.type.shape, d(units)];
  return s.isSmall(shape) ? s.define(call("embedding", real(shape), [i], String(i.type.bound), String(units))) : null;
}

function draw(s: Scope): Term | null {
  const kind = s.rng.next();
  if (kind < 0.6) {
    const x = s.find((t) => t.element === "real");
    return x === null ? null : call("dropout", real(x.type.shape), [x], s.rng.pick(["0.5", "0.2", "0", "0.9"]));
  }
  const shape = s.shape(s.rng.below(3));
  const text = `[${shape.map(dims.print).join(", ")}]`;
  return kind < 0.8 ? call("uniform", real(shape), [], text, "-1", "1") : call("normal", real(shape), [], text);
}

const ofModels: readonly Construct[] = [
  { name: "layer", weight: 9, make: layer },
  { name: "embedding", weight: 3, make: embedding },
  { name: "draw", weight: 3, make: draw },
];

/** Layers that have parameters to train. */
const withParameters: ReadonlySet<string> = new Set(["dense", "layer_norm", "rms_norm", "embedding", "repeat-layers"]);

const optimizers = [
  "sgd(lr = 0.1)",
  "sgd(lr = 0.1, momentum = 0.9)",
  "sgd(lr = 0.05, momentum = 0.5, nesterov = true, weight_decay = 0.01)",
  "adam()",
  "adam(lr = 0.01, weight_decay = 0.1)",
  "sgd(lr = 0.1 * 0.5^(step / 10), clip_norm = 1)",
  "adam(lr = 0.01, clip_norm = 0.5)",
];

/** A model whose statements are made by the given constructs and those of models. */
export function randomModel(
  rng: Rng,
  counter: Counter,
  functions: readonly Fn[],
  constructs: readonly Construct[],
  grow: Grow,
): ModelProgram {
  const batch = dims.symbol("batch");
  const s = new Scope({
    rng,
    counter,
    sizes: rng.chance(0.8) ? [d(2), d(3), d(4), batch] : [d(2), d(3), d(1)],
    parameter: null,
    inline: false,
    functions,
    inModel: true,
  });
  const known = s.sizes.filter((size) => dims.constantOf(size) !== null);
  const lead = s.sizes.length > 3 ? [batch] : rng.chance(0.5) ? [d(2)] : [];
  const inputs: Binding[] = [];
  const targets: Binding[] = [];
  const input = (list: Binding[], name: string, type: Binding["type"]): void => {
    const binding: Binding = { name, type, definition: null };
    list.push(binding);
    s.declare(binding);
  };
  input(inputs, "x", real([...lead, rng.pick(known)]));
  if (rng.chance(0.35))
    input(inputs, "words", typeOf("index", rng.chance(0.5) ? lead : [...lead, d(2)], 2 + rng.below(3)));
  if (rng.chance(0.15)) input(inputs, "scale", real([]));
  if (rng.chance(0.1)) input(inputs, "on", typeOf("bool", rng.chance(0.5) ? [] : lead));
  const parameters: { readonly binding: Binding; readonly frozen: boolean; readonly initial: string }[] = [];
  for (let k = rng.below(3); k >= 0; k--) {
    const rank = rng.below(3);
    const binding: Binding = { name: `w${String(k)}`, type: real(Array.from({ length: rank }, () => rng.pick(known))), definition: null }; // prettier-ignore
    const names = ["zeros", "ones", "normal(0.5)", "uniform(-1, 1)", "constant(0.3)", ...(rank === 2 ? ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal"] : []), ...(rank === 0 ? ["0.5"] : [])]; // prettier-ignore
    parameters.push({ binding, frozen: rng.chance(0.15), initial: rng.pick(names) });
    s.declare(binding);
  }
  const hypers = rng.chance(0.3)
    ? [{ binding: { name: "rate", type: real([]), definition: null }, initial: "0.5" }]
    : [];
  for (const h of hypers) s.pool.push({ ...op("name", real([]), [], () => h.binding.name), binding: h.binding });
  grow(s, [...ofModels, ...constructs], 2 + rng.below(5));
  const outputs = [rng.pick(s.pool.slice(Math.floor(s.pool.length / 2)))];
  if (rng.chance(0.7)) {
    const classes = 2 + rng.below(2);
    input(targets, "y", rng.chance(0.5) ? typeOf("index", lead, classes) : real([...lead, rng.pick(known)]));
  }
  grow(s, [...ofModels, ...constructs], 1);
  const losses: Term[] = [];
  if (rng.chance(0.9)) {
    const made = (rng.chance(0.6) ? loss(s) : null) ?? scalarOf(s);
    if (made !== null) losses.push(made);
  }
  const metrics = losses.length > 0 && rng.chance(0.4) ? [scalarOf(s)].flatMap((t) => t ?? []) : [];
  const trained = new Set(parameters.filter((p) => !p.frozen).map((p) => p.binding));
  const isTrained = reach([...outputs, ...losses, ...metrics]).some(({ binding, construct }) => {
    return (binding !== null && trained.has(binding)) || withParameters.has(construct);
  });
  const train = losses.length > 0 && isTrained && rng.chance(0.85) ? rng.pick(optimizers) : null;
  return { name: "M", inputs, targets, hypers, parameters, outputs, loss: losses, metrics, train };
}
