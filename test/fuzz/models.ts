/** Random models: inputs, weights, layers, random draws, a loss and an optimizer. */
import * as dims from "../../src/ir/dim.ts";
import type { Construct } from "./construct.ts";
import { scopeFor, withMore, type Making } from "./functions.ts";
import { trainText } from "./items.ts";
import { layers, Storage, trains } from "./layers.ts";
import { loss, scalarOf } from "./products.ts";
import type { ModelProgram } from "./program.ts";
import { d, type Scope } from "./scope.ts";
import { bindingOf, call, literal, op, real, typeOf, type Binding, type Term } from "./terms.ts";

function draw(s: Scope): Term | null {
  const kind = s.rng.next();
  if (kind < 0.6) {
    const x = s.find((t) => t.element === "real");
    return x === null
      ? null
      : call("dropout", real(x.type.shape), [x], s.rng.pick(["0.5", "0.2", "0", "0.9", "1 / 4"]));
  }
  const shape = s.shape(s.rng.below(3));
  const text = s.shapeText(shape);
  const mean = s.find((t) => t.element === "real" && t.shape.length === 0) ?? literal("0.5");
  const range = s.rng.pick([[], ["-1", "1"], ["max = 2"]]);
  if (kind < 0.8) return call("uniform", real(shape), [], text, ...range);
  if (s.rng.chance(0.5)) return call("normal", real(shape), [], text);
  return op("normal", real(shape), [mean], ([a]) => `normal(${text}, mean = ${a}, std = 0.5)`);
}

const draws: Construct = { name: "draw", weight: 3, make: draw, calls: ["dropout", "uniform", "normal"] };

const optimizers = [
  "sgd(lr = 0.1)",
  "sgd(lr = 0.1, momentum = 0.9)",
  "sgd(0.05, momentum = 0.5, nesterov = true, weight_decay = 0.01)",
  "adam()",
  "adam(lr = 0.01, weight_decay = 0.1)",
  "adam(0.01, beta1 = 0.8, beta2 = 0.99, eps = 1e-6)",
  "sgd(lr = 0.1 * 0.5^(step / 10), clip_norm = 1)",
  "adam(lr = 0.01, clip_norm = 0.5)",
  "adamw()",
  "adamw(lr = 0.01 / step, weight_decay = 0.1, eps = 1e-4)",
  "adamw(0.01, beta1 = 0.8, beta2 = 0.9)",
  "rmsprop(lr = 0.02, alpha = 0.9, eps = 1e-4)",
  "rmsprop(momentum = 0.5, clip_norm = 2, eps = 1e-4)",
  "adagrad(lr = 0.1, eps = 1e-3)",
  "lion(weight_decay = 0.1)",
  "lion(lr = 0.01, beta1 = 0.8, beta2 = 0.9)",
];

/** A model whose statements are made by the given constructs and those of models. */
export function randomModel(making: Making): ModelProgram {
  const { rng, constructs, grow } = making;
  const batch = dims.symbol("batch");
  const isKnown = (size: dims.Dim): boolean => dims.constantOf(size) !== null;
  const storage = new Storage(making, isKnown);
  const s = scopeFor(making, {
    sizes: rng.chance(0.8) ? [d(2), d(3), d(4), batch] : [d(2), d(3), d(1)],
    layers: { symbols: new Set() },
    parameter: (type) => (rng.chance(0.5) ? storage.add(type, (shape) => s.shapeText(shape)) : null),
  });
  const known = s.sizes.filter(isKnown);
  const lead = s.sizes.length > 3 ? [batch] : rng.chance(0.5) ? [d(2)] : [];
  const inputs: Binding[] = [];
  const targets: Binding[] = [];
  const input = (list: Binding[], name: string, type: Binding["type"]): void => {
    const binding = bindingOf(name, type);
    list.push(binding);
    s.declare(binding);
  };
  input(inputs, "x", real([...lead, rng.pick(known)]));
  if (rng.chance(0.35))
    input(inputs, "words", typeOf("index", rng.chance(0.5) ? lead : [...lead, d(2)], 2 + rng.below(3)));
  if (rng.chance(0.15)) input(inputs, "scale", real([]));
  if (rng.chance(0.1)) input(inputs, "on", typeOf("bool", rng.chance(0.5) ? [] : lead));
  for (let k = rng.below(3); k >= 0; k--) {
    const type = real(Array.from({ length: rng.below(3) }, () => rng.pick(known)));
    const stored = storage.add(type, (shape) => s.shapeText(shape));
    if (stored !== null) s.declare(stored);
  }
  const hypers = rng.chance(0.3) ? [{ binding: bindingOf("rate", real([])), initial: rng.pick(["0.5", "1 / 8"]) }] : [];
  for (const h of hypers) s.pool.push({ ...op("name", real([]), [], () => h.binding.name), binding: h.binding });
  if (rng.chance(0.15)) {
    const value = rng.pick(["1.5 / 2", "-0.75"]);
    s.pool.push(
      s.declareAs(
        "const",
        op("number", real([]), [], () => value),
      ),
    );
  }
  grow(s, [...layers, draws, ...constructs], 2 + rng.below(3));
  const outputs = [rng.pick(s.pool.slice(Math.floor(s.pool.length / 2)))];
  if (rng.chance(0.2)) outputs.push(rng.pick(s.pool));
  if (rng.chance(0.7)) {
    const classes = 2 + rng.below(2);
    input(targets, "y", rng.chance(0.5) ? typeOf("index", lead, classes) : real([...lead, rng.pick(known)]));
  }
  grow(s, [...layers, draws, ...constructs], 1);
  const losses: Term[] = [];
  if (rng.chance(0.9)) {
    const made = (rng.chance(0.6) ? loss(s) : null) ?? scalarOf(s);
    if (made !== null) losses.push(rng.chance(0.5) ? withMore(s, made) : made);
  }
  const metrics = losses.length > 0 && rng.chance(0.4) ? [scalarOf(s), rng.chance(0.3) ? scalarOf(s) : null].flatMap((t) => t ?? []) : []; // prettier-ignore
  const trained = new Set(storage.list.filter((p) => p.word === "param").map((p) => p.binding));
  const isTrained = trains([...outputs, ...losses, ...metrics], trained);
  const own = s.options.items.functions.filter((f) => f.kind === "optimizer");
  const custom = own.length > 0 && rng.chance(0.7) ? rng.pick(own) : null;
  const optimizer = custom === null ? rng.pick(optimizers) : trainText(rng, custom, making.home);
  const train = losses.length > 0 && isTrained && rng.chance(0.85) ? optimizer : null;
  const lossName = rng.chance(0.2) ? "cost" : null;
  return { name: "M", inputs, targets, hypers, stored: storage.list, outputs, loss: losses, lossName, metrics, train };
}
