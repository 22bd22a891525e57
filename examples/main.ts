import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Whether the module with this `import.meta.url` is the program that was started, rather than imported. */
export function isMain(url: string): boolean {
  const started = process.argv.at(1);
  return started !== undefined && realpathSync(started) === fileURLToPath(url);
}

/** A reproducible source of numbers in [0, 1): Marsaglia's xorshift32. */
export function randomSource(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
}

/** Puts `order` in a random order, in place (Fisher and Yates). */
export function shuffle(order: Int32Array, random: () => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const at = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = at;
  }
}
