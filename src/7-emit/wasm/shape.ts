/** Widths of what kernels compute with, at each precision. */
import type { ElementType } from "../../ir/graph.ts";

export type Precision = "f32" | "f64";

/** Entries that are computed side by side. */
export function lanesOf(precision: Precision): 2 | 4 {
  return precision === "f32" ? 4 : 2;
}

/** Bytes of an entry of a buffer. */
export function widthOf(element: ElementType, precision: Precision): number {
  if (element === "bool") return 1;
  return element === "real" && precision === "f64" ? 8 : 4;
}
