/** Distances between floating-point numbers, and where to measure them, for the accuracy tests. */

const value = new Float64Array(1);
const bits = new BigInt64Array(value.buffer);
const single = new Float32Array(1);
const singleBits = new Int32Array(single.buffer);

function ordinal64(x: number): bigint {
  value[0] = x;
  return bits[0] < 0n ? -(bits[0] & 0x7fffffffffffffffn) : bits[0];
}

function ordinal32(x: number): number {
  single[0] = x;
  return singleBits[0] < 0 ? -(singleBits[0] & 0x7fffffff) : singleBits[0];
}

/** How many representable numbers lie between a and b (infinity counts as the one after the largest); NaN only equals NaN. */
export function ulpDistance(precision: "f32" | "f64", a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Object.is(a, b) ? 0 : Infinity;
  if (precision === "f32") return Math.abs(ordinal32(a) - ordinal32(b));
  const distance = ordinal64(a) - ordinal64(b);
  return Number(distance < 0n ? -distance : distance);
}

/** Numbers in [0, 1) from a seed: a linear congruential generator with its bits mixed. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    let t = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
    t = Math.imul(t ^ (t >>> 12), 0x297a2d39);
    return ((t ^ (t >>> 15)) >>> 0) / 4294967296;
  };
}
