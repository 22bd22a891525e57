import { InvalidArgumentError } from "commander";
import type { Given } from "./compiler.ts";
import { readText, reasonOf } from "./files.ts";

/** `--set name=value`, added to those before. */
export function addSetting(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const match = /^\s*([^=\s]+)\s*=\s*(.*\S)\s*$/su.exec(text);
  if (match === null) throw new InvalidArgumentError("It has the form name=value.");
  return { ...before, [match[1].normalize("NFC")]: match[2] };
}

/** `--at a=3,b=[1, 2],W=[[1, 0], [0, 1]]`, added to those before. Values are numbers or nested lists of numbers. */
export function addValues(text: string, before: Readonly<Record<string, Given>> = {}): Readonly<Record<string, Given>> {
  const result: Record<string, Given> = { ...before };
  // A comma ends a value where a name and `=` follow, and stands inside a list elsewhere.
  for (const part of text.split(/,(?=[^,[\]=]*=)/u)) {
    const match = /^\s*([^=\s]+)\s*=\s*(\S.*)$/su.exec(part);
    if (match === null) throw new InvalidArgumentError(`"${part.trim()}" has not the form name=value.`);
    const name = match[1].normalize("NFC");
    if (Object.hasOwn(result, name)) throw new InvalidArgumentError(`${name} is given twice.`);
    result[name] = parseValue(match[2]);
  }
  return result;
}

/** `--at`: values, or the name of a JSON file with an object of them. */
export function addPoint(text: string, before: Readonly<Record<string, Given>> = {}): Readonly<Record<string, Given>> {
  if (text.includes("=") || !/\.json$/i.test(text.trim())) return addValues(text, before);
  const path = text.trim();
  let content: unknown;
  try {
    content = JSON.parse(readText(path));
  } catch (error) {
    throw new InvalidArgumentError(`${path}: ${reasonOf(error)}`);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new InvalidArgumentError(`${path} holds no object of values.`);
  }
  const result: Record<string, Given> = { ...before };
  for (const [key, value] of Object.entries(content)) {
    const name = key.normalize("NFC");
    if (!isGiven(value)) throw new InvalidArgumentError(`${path}: ${name} is no number and no list of numbers.`);
    if (Object.hasOwn(result, name)) throw new InvalidArgumentError(`${name} is given twice.`);
    result[name] = value;
  }
  return result;
}

function parseValue(text: string): Given {
  const number = parseNumber(text);
  if (number !== null) return number;
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // refused below
  }
  if (!isGiven(value)) throw new InvalidArgumentError(`"${text.trim()}" is no number and no list of numbers.`);
  return value;
}

/** As the language writes numbers: `1.`, `.5` and `1_000` too. */
function parseNumber(text: string): number | null {
  const digits = text.trim().replace(/(?<=\d)_(?=\d)/g, "");
  if (/^-?inf$/.test(digits)) return digits.startsWith("-") ? -Infinity : Infinity;
  if (digits === "nan") return NaN;
  return /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits) ? Number(digits) : null;
}

/** A number, or nested lists of numbers. */
export function isGiven(value: unknown): value is Given {
  return typeof value === "number" || (Array.isArray(value) && value.every(isGiven));
}

/** `--size batch=4,n=3`, added to those before. */
export function addSizes(
  text: string,
  before: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const result: Record<string, number> = { ...before };
  for (const part of text.split(",")) {
    const match = /^\s*([^=\s]+)\s*=\s*(\d+)\s*$/u.exec(part);
    if (match === null) throw new InvalidArgumentError(`"${part.trim()}" has not the form dimension=size.`);
    const name = match[1].normalize("NFC");
    if (Object.hasOwn(result, name)) throw new InvalidArgumentError(`${name} is given twice.`);
    result[name] = Number(match[2]);
  }
  return result;
}

/** An integer from `least`. */
export function integerFrom(least: number): (text: string) => number {
  return (text) => {
    const value = /^-?\d+$/.test(text.trim()) ? Number(text) : NaN;
    if (!Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`It is an integer from ${least}.`);
    return value;
  };
}

/** A number above 0. */
export function positive(text: string): number {
  const value = parseNumber(text);
  if (value === null || !(value > 0) || value === Infinity) throw new InvalidArgumentError("It is a number above 0.");
  return value;
}
