/** A number as text that tells -0 from 0. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
