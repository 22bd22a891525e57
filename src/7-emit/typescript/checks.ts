/** Statements that check arguments and find symbolic dims, shared by functions and models. */
import * as dims from "../../ir/dim.ts";
import type { Dim, Shape } from "../../ir/dim.ts";
import type { SolvePlan, SolveStep } from "../../ir/dim-solve.ts";
import type { GraphRequirement } from "../../ir/graph.ts";
import { emitDim } from "./kernels.ts";
import * as ts from "./syntax.ts";
import type { Expression, Statement } from "./syntax.ts";
import type { ModuleWriter } from "./writer.ts";

export interface CheckContext {
  readonly writer: ModuleWriter;
  /** The local that holds a symbol. */
  readonly symbol: (name: string) => string;
  /** The array of an argument of the plan. */
  readonly argument: (name: string) => Expression;
}

export function supportCall(writer: ModuleWriter, name: string, ...args: readonly Expression[]): Statement {
  return ts.expression(ts.call(writer.support(name), ...args));
}

/** Refuses what is no number (or boolean). In place: engines would allocate a number for the call of a check. */
export function typeCheck(
  writer: ModuleWriter,
  value: Expression,
  type: "number" | "boolean",
  label: Expression,
): Statement {
  const error = ts.call(writer.support("wrongType"), value, ts.string(type), label);
  return ts.when(ts.binary("!==", ts.unary("typeof ", value), ts.string(type)), [{ kind: "throw", value: error }]);
}

export function shapeText(shape: Shape): Expression {
  return ts.string(dims.printShape(shape));
}

/** Symbols from the lengths of arguments, then what remains to be checked of each argument. */
export function emitSolution(plan: SolvePlan, context: CheckContext): readonly Statement[] {
  const { writer } = context;
  const args = plan.arguments;
  const body: Statement[] = [];
  const dim = (d: Dim): Expression => emitDim(d, context.symbol);
  const lengthOf = (k: number): Expression => ts.member(context.argument(args[k].name), "length");
  const refuse = (k: number): Statement => ({
    kind: "throw",
    value: ts.call(writer.support("misfit"), ts.string(args[k].name), shapeText(args[k].shape), lengthOf(k)),
  });
  for (const step of plan.steps) {
    const name = context.symbol(step.symbol);
    body.push(ts.constant(name, solution(step, lengthOf, dim, writer)));
    const plain = step.sources.every(
      (s) => isOne(s.coefficient) && isOne(s.slope) && isZero(s.offset) && s.power === 1,
    );
    if (plain) continue;
    const whole = ts.call("Number.isInteger", ts.name(name));
    const valid = ts.binary("&&", whole, ts.binary(">=", ts.name(name), ts.number(0)));
    body.push(ts.when(ts.unary("!", valid), [refuse(step.sources[0].argument)]));
  }
  for (const check of plan.checks) {
    const { name, shape } = args[check.argument];
    for (const d of check.nonNegative) {
      body.push(ts.when(ts.binary("<", dim(d), ts.number(0)), [refuse(check.argument)]));
    }
    if (check.length === null) continue;
    body.push(
      supportCall(
        writer,
        "checkLength",
        lengthOf(check.argument),
        dim(check.length),
        ts.string(name),
        shapeText(shape),
      ),
    );
  }
  return body;
}

/** The first source that says anything of the symbol; 0 if there is none. */
function solution(
  step: SolveStep,
  lengthOf: (k: number) => Expression,
  dim: (d: Dim) => Expression,
  writer: ModuleWriter,
): Expression {
  const of = ({ argument, coefficient, power, slope, offset }: SolveStep["sources"][number]): Expression => {
    let e = lengthOf(argument);
    if (!isOne(coefficient)) e = ts.binary("/", e, dim(coefficient));
    if (power > 1) e = ts.call(writer.support("integerRoot"), e, ts.number(power));
    if (!isZero(offset)) e = ts.binary("-", e, dim(offset));
    return isOne(slope) ? e : ts.binary("/", e, dim(slope));
  };
  return step.sources
    .slice()
    .reverse()
    .reduce((otherwise: Expression, source) => {
      const open = [source.coefficient, source.slope].filter((d) => dims.constantOf(d) === null);
      if (open.length === 0) return of(source);
      const usable = open.map((d) => ts.binary("!==", dim(d), ts.number(0))).reduce((a, b) => ts.binary("&&", a, b));
      return ts.conditional(usable, of(source), otherwise);
    }, ts.number(0));
}

/** Throws where a requirement on dims does not hold. */
export function emitRequirements(
  owner: string,
  requirements: readonly GraphRequirement[],
  symbol: (name: string) => string,
): readonly Statement[] {
  return requirements.map(({ requirement, reason }) => {
    const left = emitDim(requirement.left, symbol);
    const right = emitDim(requirement.right, symbol);
    const holds = {
      ">=": () => ts.binary(">=", left, right),
      "==": () => ts.binary("===", left, right),
      divides: () => ts.binary("===", ts.binary("%", right, left), ts.number(0)),
    }[requirement.relation]();
    const wanted = `${dims.print(requirement.left)} ${requirement.relation} ${dims.print(requirement.right)}`;
    const symbols = new Set([...dims.symbolsOf(requirement.left), ...dims.symbolsOf(requirement.right)]);
    const found = [...symbols].reduce(
      (text: Expression, name, k) =>
        ts.binary("+", k === 0 ? text : ts.binary("+", text, ts.string(`, ${name} = `)), ts.name(symbol(name))),
      ts.string(`${owner}: ${reason} needs ${wanted}, found ${[...symbols].at(0) ?? ""} = `),
    );
    const error = ts.create("RangeError", found);
    return ts.when(ts.unary("!", holds), [{ kind: "throw", value: error }]);
  });
}

export function isOne(dim: Dim): boolean {
  return dims.constantOf(dim) === 1;
}

export function isZero(dim: Dim): boolean {
  return dims.constantOf(dim) === 0;
}
