/** Products, losses and derivatives. */
import * as dims from "../../src/ir/dim.ts";
import type { Construct } from "./construct.ts";
import { broadcast, entries, hasEntries, tamed, type Scope } from "./scope.ts";
import { call, infix, literal, op, real, strength, type Term, type Type } from "./terms.ts";

function matmul(s: Scope): Term | null {
  const x = s.number((t) => t.shape.length > 0);
  if (x === null) return null;
  const inner = x.type.shape[x.type.shape.length - 1];
  const matches = (t: Type): boolean =>
    t.shape.length > 0 && dims.equal(t.shape[Math.max(0, t.shape.length - 2)], inner);
  const y = s.number(matches) ?? s.want(real(s.rng.chance(0.5) ? [inner] : [inner, s.size()]));
  if (!matches(y.type)) return null;
  const [a, b] = [x.type.shape, y.type.shape];
  const lead = broadcast(a.slice(0, -2), b.slice(0, -2));
  if (lead === null) return null;
  const shape = [...lead, ...(a.length > 1 ? [a[a.length - 2]] : []), ...(b.length > 1 ? [b[b.length - 1]] : [])];
  if (!s.isSmall(shape)) return null;
  const small = s.rng.chance(0.4);
  const [p, q] = small ? [tamed(x), tamed(y)] : [x, y];
  return s.rng.chance(0.7) ? infix("@", real(shape), p, q, strength.multiply) : call("matmul", real(shape), [p, q]);
}

function dotOrOuter(s: Scope): Term | null {
  const x = s.number((t) => t.shape.length === 1);
  if (x === null) return null;
  if (s.rng.chance(0.5)) {
    const y = s.want(real(x.type.shape));
    return call("dot", real([]), [x, y]);
  }
  const y = s.number((t) => t.shape.length === 1) ?? x;
  const shape = [x.type.shape[0], y.type.shape[0]];
  return s.isSmall(shape) ? call("outer", real(shape), [x, y]) : null;
}

function probability(x: Term): Term {
  return call("sigmoid", real(x.type.shape), [x]);
}

export function loss(s: Scope): Term | null {
  const z = s.number((t) => t.shape.length > 0 && t.element === "real" && hasEntries(t));
  if (z === null) return null;
  const { shape } = z.type;
  const scalar = real([]);
  const target = (): Term => s.want(real(shape));
  switch (s.rng.below(8)) {
    case 0: {
      const name = s.rng.name(["mse", "mae", "huber", "huber", "hinge"]);
      if (name !== "huber" || s.rng.chance(0.5)) return call(name, scalar, [z, target()]);
      return call(name, scalar, [z, target(), s.find((t) => t.shape.length === 0) ?? literal("0.5")]);
    }
    case 1:
      return call("bce", scalar, [probability(z), probability(target())]);
    case 2:
      return call("bce_with_logits", scalar, [z, target()]);
    case 3: {
      const t = call("softmax", real(shape), [target()]);
      return call("cross_entropy", scalar, [z, t], ...(s.rng.chance(0.4) ? ["label_smoothing = 0.1"] : []));
    }
    case 4: {
      const t = call("softmax", real(shape), [target()]);
      return call("kl", scalar, [call("log_softmax", real(shape), [z]), t]);
    }
    default: {
      const classes = dims.constantOf(shape[shape.length - 1]);
      if (classes === null || classes === 0) return null;
      const y = s.integers(shape.slice(0, -1), classes);
      if (s.rng.chance(0.6))
        return call("cross_entropy", scalar, [z, y], ...(s.rng.chance(0.4) ? ["label_smoothing = 0.1"] : []));
      return call("nll", scalar, [call("log_softmax", real(shape), [z]), y]);
    }
  }
}

/** A scalar that something was made into. */
export function scalarOf(s: Scope, most = 72): Term | null {
  const known = s.rng.chance(0.3) ? s.find((t) => t.element === "real" && t.shape.length === 0) : null;
  if (known !== null) return known;
  const x = s.find((t) => t.element === "real" && t.shape.length > 0 && entries(t.shape) <= most);
  if (x === null) return null;
  return call(s.rng.name(["sum", "mean", "sum", ...(hasEntries(x.type) ? ["logsumexp"] : [])]), real([]), [x]);
}

function derivative(s: Scope): Term | null {
  // In a loop's body names come from outside of it.
  const kind = s.rng.pick(["grad", "grad", "grad", "jvp", "jacobian", "hessian", "hvp"]);
  const most = kind === "hessian" ? 4 : kind === "jacobian" ? 9 : 36;
  const y =
    kind === "jvp" || kind === "jacobian"
      ? s.number((t) => t.element === "real" && entries(t.shape) <= most)
      : scalarOf(s);
  if (y === null) return null;
  const x = s.nameWithin(y, most);
  if (x === null) return null;
  const { shape } = x.type;
  const names = [1];
  switch (kind) {
    case "grad":
      return op("grad", real(shape), [y, x], (o) => `grad(${o.join(", ")})`, { names });
    case "jvp":
      return op("jvp", real(y.type.shape), [y, x, s.want(real(shape))], (o) => `jvp(${o.join(", ")})`, { names });
    case "hvp":
      return op("hvp", real(shape), [y, x, s.want(real(shape))], (o) => `hvp(${o.join(", ")})`, { names });
    case "hessian": {
      const to = [...shape, ...shape];
      return s.isSmall(to) ? op("hessian", real(to), [y, x], (o) => `hessian(${o.join(", ")})`, { names }) : null;
    }
    default: {
      const to = [...y.type.shape, ...shape];
      return s.isSmall(to) ? op("jacobian", real(to), [y, x], (o) => `jacobian(${o.join(", ")})`, { names }) : null;
    }
  }
}

export const products: readonly Construct[] = [
  { name: "matmul", weight: 4, make: matmul, calls: ["matmul"] },
  { name: "dot-outer", weight: 1, make: dotOrOuter, calls: ["dot", "outer"] },
  {
    name: "loss",
    weight: 2,
    make: loss,
    calls: ["mse", "mae", "huber", "hinge", "bce", "bce_with_logits", "cross_entropy", "kl", "nll"],
  },
  { name: "derivative", weight: 3, make: derivative },
];
