import type { Compile, Problem } from "../protocol.ts";
import { computing, itself } from "../protocol.ts";

interface Module {
  square: (x: number) => number;
  squareGradient: (x: number) => { gradient: { x: number } };
}

export async function hello(compile: Compile): Promise<Problem> {
  const { square, squareGradient } = (await compile("hello")) as unknown as Module;
  return {
    square: (x: number) => computing(() => square(x), itself),
    double: (x: number) => computing(() => squareGradient(x).gradient.x, itself),
  };
}
