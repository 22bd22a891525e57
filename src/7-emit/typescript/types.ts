/** Types of generated code that come from the types of the program. */
import type { CheckedInput } from "../../2-check/checked.ts";
import { identifierOf } from "./names.ts";
import type { ModuleWriter } from "./writer.ts";

/** A key as an object type has it: quoted where it is no identifier. */
export function memberKey(name: string): string {
  return identifierOf(name) === name && name !== "__proto__" ? name : JSON.stringify(name);
}

/** `{ a: number; "h.W": Float32Array }` */
export function objectType(members: readonly (readonly [key: string, type: string])[]): string {
  if (members.length === 0) return "Record<never, never>";
  return `{ ${members.map(([key, type]) => `${memberKey(key)}: ${type}`).join("; ")} }`;
}

/** Whether an input comes as an array rather than as a number. */
export function isArray(input: CheckedInput): boolean {
  return input.node.attributes.held === "array";
}

/** What a model takes for its inputs, by name: any array of integers serves as an index. */
export function inputsType(inputs: readonly CheckedInput[], writer: ModuleWriter): string {
  const typeOf = ({ node }: CheckedInput): string => {
    if (node.attributes.held === "number") return node.element === "bool" ? "boolean" : "number";
    return node.element === "index" ? writer.support("Integers") : writer.arrayType(node.element);
  };
  return objectType(inputs.map((input) => [input.name, typeOf(input)]));
}
