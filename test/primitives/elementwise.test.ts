import { describe, expect, test } from "vitest";
import * as e from "../../src/ir/expressions.ts";
import type { AttributesOf, ElementType, Node, PrimitiveName } from "../../src/ir/graph.ts";
import { scalar } from "../../src/ir/interpreter.ts";
import type { Facts } from "../../src/ir/primitive.ts";
import { createBuilder, primitives } from "../../src/primitives/index.ts";
import { exactly, finite, unknown } from "../../src/primitives/facts.ts";
import { attributesFor, difference, forward, generator, parameter, recordOf, reverse, valueOf } from "./harness.ts";

const names = Object.keys(primitives) as PrimitiveName[];
const elementwise = names.filter((name) => recordOf(name).code !== null);

/** Element types of the operands with which a primitive is tried. */
function elementsOf(name: PrimitiveName): ElementType[] {
  const arity = recordOf(name).arity === "any" ? 1 : Number(recordOf(name).arity);
  if (name === "select") return ["bool", "real", "real"];
  if (name === "convert") return ["index"];
  const bool = ["and", "or", "not"].includes(name);
  return new Array<ElementType>(arity).fill(bool ? "bool" : "real");
}

function build(name: PrimitiveName, attributes: AttributesOf[PrimitiveName]) {
  const b = createBuilder();
  const operands = elementsOf(name).map((element, k) => parameter(b, `x${k}`, [], element));
  return { b, operands, node: b.create(name, operands, attributes) };
}

/** The value of a node over scalars x0, x1, ... */
function at(node: Node, operands: readonly Node[], x: readonly number[]): number {
  const inputs = Object.fromEntries(operands.map((o, k) => [`x${k}`, scalar(x[k], o.element)]));
  return valueOf(node, inputs).data[0];
}

function sample(name: PrimitiveName, next: () => number): number[] {
  const domain = recordOf(name).domain;
  if (domain === null) throw new Error(`${name} has no domain`);
  return elementsOf(name).map((element, k) => {
    const [low, high] = domain.intervals[k];
    const x = low + (high - low) * next();
    return element === "real" ? x : Math.round(x);
  });
}

describe.each(elementwise)("%s", (name) => {
  const record = recordOf(name);

  const testIfDifferentiable = record.derivative.kind === "none" ? null : test;
  testIfDifferentiable?.("first derivatives equal differences, in both modes", () => {
    const next = generator(1);
    for (const attributes of attributesFor(name)) {
      const { b, operands, node } = build(name, attributes);
      operands.forEach((operand, k) => {
        if (operand.element !== "real") return;
        const back = reverse(b, node, operand, e.like(b, 1, node));
        const ahead = forward(b, node, operand, e.like(b, 1, operand));
        for (let round = 0; round < 20; round++) {
          const x = sample(name, next);
          const wanted = difference((v) => at(node, operands, x.with(k, v)), x[k]);
          const scale = Math.max(1, Math.abs(wanted), Math.abs(at(node, operands, x)));
          const found = back === null ? 0 : at(back, operands, x);
          expect(Math.abs(found - wanted) / scale, `${name}(${x.join(", ")}) by operand ${k}`).toBeLessThan(2e-8);
          expect(at(ahead, operands, x)).toBeCloseTo(found, 10);
        }
      });
    }
  });

  testIfDifferentiable?.("second derivatives equal differences of the first", () => {
    const next = generator(2);
    for (const attributes of attributesFor(name)) {
      const { b, operands, node } = build(name, attributes);
      operands.forEach((operand, k) => {
        const first = operand.element === "real" ? reverse(b, node, operand, e.like(b, 1, node)) : null;
        if (first === null) return;
        const second = reverse(b, first, operand, e.like(b, 1, first));
        for (let round = 0; round < 10; round++) {
          const x = sample(name, next);
          const wanted = difference((v) => at(first, operands, x.with(k, v)), x[k]);
          const scale = Math.max(1, Math.abs(wanted), Math.abs(at(first, operands, x)));
          const found = second === null ? 0 : at(second, operands, x);
          expect(Math.abs(found - wanted) / scale, `${name}(${x.join(", ")}) by operand ${k}`).toBeLessThan(1e-7);
        }
      });
    }
  });

  test("facts hold of samples and special points", () => {
    const next = generator(3);
    for (const attributes of attributesFor(name)) {
      const { operands, node } = build(name, attributes);
      const points = Array.from({ length: 200 }, () => sample(name, next));
      for (const x of [...points, ...(record.domain?.special ?? [])]) {
        const value = at(node, operands, x);
        const around = x.map((v, k) => [...factsAround(v, operands[k].element, next)]);
        for (let round = 0; round < 6; round++) {
          const facts = around.map((choices) => choices[Math.floor(next() * choices.length)]);
          const result = record.facts(facts, attributes);
          if (holds(x, value, result)) continue;
          expect.fail(`${name}(${x.join(", ")}) = ${value}, given ${JSON.stringify(facts)}, is not in ${JSON.stringify(result)}`); // prettier-ignore
        }
      }
    }
  });

  test("the interchange that commutative and associative promise, and the identity", () => {
    if (elementsOf(name).length !== 2) return;
    const next = generator(4);
    const { operands, node } = build(name, attributesFor(name)[0]);
    const of = (x: number, y: number): number => at(node, operands, [x, y]);
    for (let round = 0; round < 20; round++) {
      const [x, y] = sample(name, next);
      const [z] = sample(name, next);
      if (record.commutative) expect(of(x, y)).toBe(of(y, x));
      if (record.associative) expect(of(of(x, y), z)).toBeCloseTo(of(x, of(y, z)), 9);
      if (record.identity !== null) expect(of(x, record.identity)).toBe(x);
    }
  });
});

/** Facts that hold of `x`: from exact to unknown. */
function* factsAround(x: number, element: ElementType, next: () => number): Generator<Facts> {
  if (Number.isNaN(x)) {
    yield unknown;
    return;
  }
  yield exactly(x);
  yield unknown;
  if (!isFinite(x)) return;
  const integer = element !== "real";
  yield { ...finite, integer };
  const [below, above] = [next(), next()];
  yield { lower: x - below, upper: x + above, lowerOpen: true, upperOpen: true, integer, finite: true };
  yield { lower: x, upper: Infinity, lowerOpen: false, upperOpen: true, integer, finite: true };
  if (x > 0) yield { lower: 0, upper: x, lowerOpen: true, upperOpen: false, integer, finite: true };
}

/** Whether the facts hold of the value of a function at x. */
function holds(x: readonly number[], value: number, facts: Facts): boolean {
  // Facts are of exact arithmetic, in which large operands do not overflow.
  if (facts.finite && Math.abs(value) === Infinity && x.every(isFinite) && x.some((v) => Math.abs(v) >= 1000)) {
    return true;
  }
  if (Number.isNaN(value) || (facts.finite && !isFinite(value))) return !facts.finite;
  if (!isFinite(value)) {
    // An infinite end that is open is not attained.
    return value > 0 ? facts.upper === value && !facts.upperOpen : facts.lower === value && !facts.lowerOpen;
  }
  // f64 may round onto an open end, or a little past a closed one.
  const slack = Math.abs(value) * 1e-15;
  const inside = value + slack >= facts.lower && value - slack <= facts.upper;
  return inside && (!facts.integer || Number.isInteger(value));
}

describe("the table", () => {
  test.each(names)("%s is complete", (name) => {
    const record = recordOf(name);
    expect(record.name).toBe(name);
    const byInterpreter = ["parameter", "loop", "loop_result", "gradient", "jvp", "jacobian"];
    expect(record.meaning === null).toBe(byInterpreter.includes(name));
    if (record.code === null) return;
    expect(record.code).toBe(name);
    expect(record.domain?.intervals).toHaveLength(elementsOf(name).length);
    expect(record.domain?.special.length).toBeGreaterThan(0);
    for (const point of record.domain?.special ?? []) expect(point).toHaveLength(elementsOf(name).length);
    if (record.derivative.kind === "partials") {
      expect(record.derivative.partials).toHaveLength(elementsOf(name).length);
    }
  });
});
