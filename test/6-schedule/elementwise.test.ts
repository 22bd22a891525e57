import { describe, test } from "vitest";
import * as e from "../../src/ir/expressions.ts";
import type { AttributesOf, ElementType, Node, PrimitiveName } from "../../src/ir/graph.ts";
import { tensor } from "../../src/ir/interpreter.ts";
import type { Value } from "../../src/ir/value.ts";
import { createBuilder, primitives } from "../../src/primitives/index.ts";
import { attributesFor, generator, recordOf } from "../primitives/harness.ts";
import { graphOf, parameter } from "../5-simplify/support.ts";
import { Agreement, expectAgreement } from "./harness.ts";

const names = Object.keys(primitives) as PrimitiveName[];
const elementwise = names.filter((name) => recordOf(name).code !== null);

/** Element types of the operands with which a primitive is tried. */
function signaturesOf(name: PrimitiveName): ElementType[][] {
  const arity = recordOf(name).arity === "any" ? 1 : Number(recordOf(name).arity);
  const all = (element: ElementType): ElementType[] => new Array<ElementType>(arity).fill(element);
  if (name === "select") return [["bool", "real", "real"], ["bool", "index", "index"], ["bool", "bool", "bool"]]; // prettier-ignore
  if (name === "convert") return [["index"], ["bool"]];
  if (["and", "or", "not"].includes(name)) return [all("bool")];
  return [all("real"), all("index"), all("bool")];
}

function valid(
  name: PrimitiveName,
  elements: readonly ElementType[],
  attributes: AttributesOf[PrimitiveName],
): boolean {
  try {
    recordOf(name).shape(
      elements.map((element) => ({ element, shape: [] })),
      attributes,
    );
    return true;
  } catch {
    return false;
  }
}

/** Operand tuples: samples of the domain, then the special points. */
function pointsOf(name: PrimitiveName, elements: readonly ElementType[], count: number): number[][] {
  const { domain } = recordOf(name);
  const next = generator(7);
  const fit = (x: number, element: ElementType): number => {
    if (element === "real") return x;
    return element === "bool" ? Number(next() < 0.5) : Number.isFinite(x) ? Math.round(x) : 3;
  };
  const sample = (): number[] =>
    elements.map((element, k) => {
      const [low, high] = domain?.intervals[k] ?? [-3, 3];
      return fit(low + (high - low) * next(), element);
    });
  const special = (domain?.special ?? []).map((point) => elements.map((element, k) => fit(point[k], element)));
  // Floor division and modulo by an integer 0 have no integer result.
  const divides = (name === "modulo" || name === "floor_divide") && elements[1] !== "real";
  return [...Array.from({ length: count }, sample), ...special].map((point) =>
    divides && point[1] === 0 ? [point[0], 2] : point,
  );
}

describe.each(elementwise)("%s", (name) => {
  for (const elements of signaturesOf(name)) {
    for (const attributes of attributesFor(name)) {
      if (!valid(name, elements, attributes)) continue;
      const what = `${elements.join(", ")} ${JSON.stringify(attributes)}`;
      const points = pointsOf(name, elements, 12);
      const column = (k: number): number[] => points.map((point) => point[k]);

      test(`arrays of ${what}`, () => {
        const b = createBuilder();
        const operands = elements.map((element, k) => parameter(b, `x${k}`, [points.length], element));
        const y = b.create(name, operands, attributes);
        const inputs = Object.fromEntries(
          elements.map((element, k): [string, Value] => [`x${k}`, tensor([points.length], column(k), element)]),
        );
        expectAgreement(graphOf({ y }), b, inputs);
      });

      test(`numbers ${what}`, () => {
        const b = createBuilder();
        const operands = elements.map((element, k) => parameter(b, `x${k}`, [], element));
        const y = b.create(name, operands, attributes);
        const agreement = new Agreement(graphOf({ y }), b, [{ precision: "f32", unroll: true }]);
        for (const point of points) {
          const inputs = Object.fromEntries(
            elements.map((element, k): [string, Value] => [`x${k}`, tensor([], [point[k]], element)]),
          );
          agreement.check(inputs);
        }
      });

      if (elements[0] !== "real" && name !== "select") continue;
      if (recordOf(name).derivative.kind === "none" || !elements.includes("real")) continue;
      test(`first and second derivatives of ${what}`, () => {
        const b = createBuilder();
        const operands = elements.map((element, k) => parameter(b, `x${k}`, ["n"], element));
        const real = operands.filter((o) => o.element === "real");
        const y = e.reduceSum(b, b.create(name, operands, attributes), [-1]);
        const outputs: Record<string, Node> = {};
        real.forEach((x, k) => {
          const g = b.create("gradient", [y, x], {});
          outputs[`g${k}`] = g;
          const along = parameter(b, "v", ["n"]);
          outputs[`h${k}`] = b.create("jvp", [g, real[0], along], {});
        });
        const agreement = new Agreement(graphOf(outputs), b);
        for (const size of [points.length, 1, 0]) {
          const inputs: Record<string, Value> = {
            v: tensor(
              [size],
              points.slice(0, size).map((_, k) => 1 - k / 4),
            ),
          };
          elements.forEach((element, k) => (inputs[`x${k}`] = tensor([size], column(k).slice(0, size), element)));
          agreement.check(inputs, { n: size });
        }
      });
    }
  }
});
