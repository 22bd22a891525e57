// Evaluates the graph and its gradient at one point.
import { L, LGradient } from "../../generated/graph.ts";
import { isMain } from "../main.ts";

/** Prints L(3, 1, -2) and the derivative by each input. */
export function main(print: (line: string) => void): void {
  const [a, b, c] = [3, 1, -2];
  print(`L(${a}, ${b}, ${c}) = ${L(a, b, c)}`);
  const { gradient } = LGradient(a, b, c);
  print(`dL/da = ${gradient.a}, dL/db = ${gradient.b}, dL/dc = ${gradient.c}`);
}

if (isMain(import.meta.url)) main(console.log);
