/**
 * Counter-based random numbers: bits are a pure function of (seed, step, site, element), so that any element can be
 * drawn in any order, again, or in another engine. Only integer operations that every JavaScript engine does alike, and
 * nothing is allocated.
 */

/**
 * One result word (0 or 1), a signed 32-bit integer, of Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw:
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 */
export function threefry(key0: number, key1: number, counter0: number, counter1: number, word: number): number {
  const key2 = key0 ^ key1 ^ 0x1bd11bda;
  let x = (counter0 + key0) | 0;
  let y = (counter1 + key1) | 0;
  // The key words that follow each four rounds rotate: 1 2, 2 0, 0 1, 1 2, 2 0.
  let first = key1;
  let second = key2;
  let third = key0;
  for (let block = 1; block <= 5; block++) {
    // Rotations by 13, 15, 26, 6 and by 17, 29, 16, 24 take turns.
    const odd = block & 1;
    x = (x + y) | 0;
    y = (odd ? (y << 13) | (y >>> 19) : (y << 17) | (y >>> 15)) ^ x;
    x = (x + y) | 0;
    y = (odd ? (y << 15) | (y >>> 17) : (y << 29) | (y >>> 3)) ^ x;
    x = (x + y) | 0;
    y = (odd ? (y << 26) | (y >>> 6) : (y << 16) | (y >>> 16)) ^ x;
    x = (x + y) | 0;
    y = (odd ? (y << 6) | (y >>> 26) : (y << 24) | (y >>> 8)) ^ x;
    x = (x + first) | 0;
    y = (y + second + block) | 0;
    const next = third;
    third = first;
    first = second;
    second = next;
  }
  return word === 0 ? x : y;
}

/**
 * 24 random bits, as an integer: unlike a fraction, engines return it from a call without allocating.
 *
 * `seed` is any safe integer; `step` counts training steps, `site` numbers the place in the program that draws, `element`
 * the entry of the tensor in row-major order. Neighbouring elements are the two words of one evaluation.
 */
export function randomBits(seed: number, step: number, site: number, element: number): number {
  // A seed beyond 32 bits folds its high word into the site's key word.
  const high = Math.imul(Math.floor(seed / 4294967296), 0x9e3779b1);
  return threefry(seed | 0, site ^ high, step | 0, element >>> 1, element & 1) >>> 8;
}

/** A uniform number in [0, 1), a multiple of 2^-24 (so that f32 holds it exactly), from `randomBits` of the same. */
export function uniform(seed: number, step: number, site: number, element: number): number {
  return randomBits(seed, step, site, element) / 16777216;
}
