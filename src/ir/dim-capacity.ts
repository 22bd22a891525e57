/** How much storage serves a dim whatever smaller sizes a later call has. */
import { isNonNegative, parametersOf, product, subtract, type Dim, type Shape } from "./dim.ts";

/** Elements of storage for tensors of this shape, and of what the shape is for smaller values of its symbols. */
export function capacityOf(shape: Shape): Dim {
  return product(shape.map(capacityOfAxis));
}

/**
 * Dims with roots may be larger for smaller symbols: floor(T/r) is 4 for T = 16 and 3 for T = 17, where r = ceil(sqrt(T)), and
 * T - r floor(T/r) is 0 for T = 16 and 3 for T = 15. They are no larger than r, and products with r no larger than T.
 */
function capacityOfAxis(dim: Dim): Dim {
  for (const whole of parametersOf(dim).values()) {
    const { atom } = whole.terms[0].factors[0];
    if (atom.kind === "symbol") continue;
    const root = atom.kind === "floor" ? atom.divisor : whole;
    const { atom: inner } = root.terms[0].factors[0];
    if (inner.kind !== "root") continue;
    for (const bound of [root, inner.of]) if (isNonNegative(subtract(bound, dim)) === true) return bound;
  }
  return dim;
}
