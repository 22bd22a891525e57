/** "did you mean ...?" */

/**
 * The candidate that `name` is most likely a misspelling of, or null: at most one edit in three characters (insert, delete, replace, swap
 * neighbours; a change of case costs little). Of equals the first.
 */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let bestCost = Infinity;
  for (const candidate of candidates) {
    if (candidate === name) continue;
    const longer = Math.max(name.length, candidate.length);
    const limit = Math.max(1, Math.floor(longer / 3));
    if (Math.abs(name.length - candidate.length) > limit) continue;
    const cost = editDistance(name, candidate);
    // All letters of a short name replaced is no misspelling.
    if (cost <= limit && cost < longer && cost < bestCost) {
      best = candidate;
      bestCost = cost;
    }
  }
  return best;
}

/** The only candidate that starts with `name`, or null: `grad` for `gradient`. Fewer than three letters say too little. */
export function abbreviated(name: string, candidates: Iterable<string>): string | null {
  if (name.length < 3) return null;
  const found = new Set([...candidates].filter((candidate) => candidate !== name && candidate.startsWith(name)));
  return found.size === 1 ? [...found][0] : null;
}

/** So many candidates are looked at, and names up to such a length: comparing takes time for each pair of letters. */
const candidateLimit = 1000;
const lengthLimit = 100;

/** "did you mean `logits`?", or null where nothing is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | null {
  if (name.length > lengthLimit) return null;
  const known: string[] = [];
  for (const candidate of candidates) {
    if (known.length === candidateLimit) break;
    if (candidate.length <= lengthLimit) known.push(candidate);
  }
  const found = nearest(name, known) ?? abbreviated(name, known);
  return found === null ? null : `did you mean \`${found}\`?`;
}

/** Optimal string alignment distance over code points; letters that differ in case alone cost 0.3. */
export function editDistance(a: string, b: string): number {
  const x = Array.from(a);
  const y = Array.from(b);
  let before: number[] = [];
  let last = Array.from({ length: y.length + 1 }, (_, j) => j);
  for (let i = 1; i <= x.length; i++) {
    const row = [i];
    for (let j = 1; j <= y.length; j++) {
      let cost = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + replacement(x[i - 1], y[j - 1]));
      if (i > 1 && j > 1 && x[i - 1] === y[j - 2] && x[i - 2] === y[j - 1]) cost = Math.min(cost, before[j - 2] + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[y.length];
}

function replacement(a: string, b: string): number {
  if (a === b) return 0;
  return a.toLowerCase() === b.toLowerCase() ? 0.3 : 1;
}
