/**
 * Counter-based random numbers: bits are a pure function of (seed, step, site, element), so that any element can be
 * drawn in any order, again, or in another engine. Only integer operations that every JavaScript engine does alike.
 */

/**
 * Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * Writes the two result words, as signed 32-bit integers, to `out`.
 */
export function threefry(key0: number, key1: number, counter0: number, counter1: number, out: Int32Array): void {
  const key2 = key0 ^ key1 ^ 0x1bd11bda;
  let x = (counter0 + key0) | 0;
  let y = (counter1 + key1) | 0;
  // Four rounds with one set of rotations, then the next words of the key.
  for (let block = 1; block <= 5; block++) {
    const odd = block & 1;
    for (let round = 0; round < 4; round++) {
      const turn = odd ? (round === 0 ? 13 : round === 1 ? 15 : round === 2 ? 26 : 6) : round === 0 ? 17 : round === 1 ? 29 : round === 2 ? 16 : 24; // prettier-ignore
      x = (x + y) | 0;
      y = ((y << turn) | (y >>> (32 - turn))) ^ x;
    }
    const first = block % 3 === 0 ? key0 : block % 3 === 1 ? key1 : key2;
    const second = block % 3 === 0 ? key1 : block % 3 === 1 ? key2 : key0;
    x = (x + first) | 0;
    y = (y + second + block) | 0;
  }
  out[0] = x;
  out[1] = y;
}

/**
 * A uniform number in [0, 1), a multiple of 2^-24 (so that f32 holds it exactly).
 *
 * `seed` is any safe integer; `step` counts training steps, `site` numbers the place in the program that draws, `element`
 * the entry of the tensor in row-major order. Two neighbouring elements share one evaluation of the generator.
 */
export function uniform(seed: number, step: number, site: number, element: number): number {
  const out = new Int32Array(2);
  // A seed beyond 32 bits folds its high word into the site's key word.
  const high = Math.imul(Math.floor(seed / 4294967296), 0x9e3779b1);
  threefry(seed | 0, site ^ high, step | 0, element >>> 1, out);
  return (out[element & 1] >>> 8) / 16777216;
}
