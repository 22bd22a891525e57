/** Programs as readable text, for `--print program`: where values are stored is where they are rounded. */
import { print as printDim, printShape } from "./dim.ts";
import type { Program, Scalar, Statement, Step } from "./program.ts";

/** Buffers, kernels and outputs of one entry point. */
export function printProgram(program: Program): string {
  const { arena } = program;
  const buffers = program.buffers.map((b) => {
    const slot = arena.slotOf.get(b.name);
    return `${b.role} ${b.label}: ${b.element}${printShape(b.shape)}${slot === undefined ? "" : ` in slot ${slot}`}`;
  });
  const slots = arena.slots.map((s, k) => `slot ${k}: ${printDim(s.size)} x ${s.element}`);
  const outputs = program.outputs.map((o) => `output ${o.name} = ${o.kind === "number" ? o.value : o.buffer}`);
  return [...buffers, ...slots, ...program.steps.flatMap((step) => printStep(step, "")), ...outputs].join("\n") + "\n";
}

function printStep(step: Step, indent: string): readonly string[] {
  const inner = `${indent}  `;
  if (step.kind === "kernel") {
    const head = `${step.inline ? "inline" : "kernel"} ${step.label} (${printDim(step.operations)} operations)`;
    const values = step.values.map((v) => `${inner}${v.name} = ${printScalar(v.value)}`);
    return [`${indent}${head}`, ...step.body.flatMap((s) => printStatement(s, inner)), ...values];
  }
  const { variable, trip, count, reverse, numbers, condition } = step;
  const rounds = count === null ? printDim(trip) : `min(${printDim(trip)}, ${printScalar(count)})`;
  const asked = condition === null ? [] : [...condition.steps.flatMap((s) => printStep(s, inner)), `${inner}while ${condition.value}`]; // prettier-ignore
  return [
    ...numbers.map(({ name, initial }) => `${indent}var ${name} = ${printScalar(initial)}`),
    `${indent}rounds ${variable} = 0 .. ${rounds}${reverse ? " backwards" : ""}`,
    ...asked,
    ...step.steps.flatMap((s) => printStep(s, inner)),
    ...numbers.map(({ name, next }) => `${inner}${name} = ${next}`),
  ];
}

function printStatement(s: Statement, indent: string): readonly string[] {
  const nested = (body: readonly Statement[]): readonly string[] =>
    body.flatMap((t) => printStatement(t, `${indent}  `));
  switch (s.kind) {
    case "let":
      return [`${indent}let ${s.name} = ${printScalar(s.value)}`];
    case "batch": {
      const exponent = s.exponent === null ? "" : `, ${s.exponent}`;
      return [
        `${indent}${s.operation}${exponent} of ${s.calls.length}`,
        ...s.calls.map((c) => `${indent}  let ${c.name} = ${s.operation}(${c.operands.map(printScalar).join(", ")})`),
      ];
    }
    case "declare":
      return [`${indent}var ${s.name} = ${s.initial}`];
    case "accumulate":
      return [`${indent}${s.name} = ${s.combine}(${s.name}, ${printScalar(s.value)})`];
    case "assign":
      return [`${indent}${s.name} = ${printScalar(s.value)}`];
    case "store":
      return [`${indent}${s.buffer}[${printScalar(s.index)}] = ${printScalar(s.value)}`];
    case "storeAdd":
      return [`${indent}${s.buffer}[${printScalar(s.index)}] += ${printScalar(s.value)}`];
    case "check":
      return [`${indent}check 0 <= ${s.name} = ${printScalar(s.value)} < ${printScalar(s.size)}`];
    case "fill":
      return [`${indent}${s.buffer}[..] = ${s.value}`];
    case "call": {
      const parts = s.parts.map((p) => `${p.written ? "&" : ""}${p.buffer}[${printScalar(p.start)}..]`);
      return [`${indent}${s.routine}(${[...parts, ...s.numbers.map(printScalar)].join(", ")})`];
    }
    case "loop":
      return [
        `${indent}for ${s.variable} = ${printScalar(s.from)} .. ${printScalar(s.to)} step ${s.step}`,
        ...nested(s.body),
      ];
    case "if":
      return [`${indent}if ${printScalar(s.condition)}`, ...nested(s.body)];
  }
}

/** A scalar expression as text. */
export function printScalar(s: Scalar): string {
  switch (s.kind) {
    case "number":
      return String(s.value);
    case "variable":
    case "accumulator":
    case "argument":
    case "local":
      return s.name;
    case "affine": {
      const terms = s.terms.map((t) => `${printScalar(t.scalar)}*${printDim(t.coefficient)}`);
      return [...terms, printDim(s.offset)].join(" + ");
    }
    case "load":
      return `${s.buffer}[${printScalar(s.index)}]`;
    case "operation": {
      const exponent = s.exponent === null ? "" : `, ${s.exponent}`;
      return `${s.operation}(${s.operands.map(printScalar).join(", ")}${exponent})`;
    }
    case "choose":
      return `(${printScalar(s.condition)} ? ${printScalar(s.then)} : ${printScalar(s.else)})`;
    case "random":
      return `random(${printScalar(s.seed)}, ${printScalar(s.step)}, ${s.site}, ${printScalar(s.position)})`;
  }
}
