import { buckets } from "./histogram.ts";
import type { Histogram } from "./histogram.ts";

/** How many of a hundred, as short as it is told apart from none and from all. */
function share(count: number, of: number): string {
  return count === 0 ? "" : `${Number(((100 * count) / of).toPrecision(3))} %`;
}

/** The page `ulps.md`: one line a function and precision. */
export function markdown(rows: readonly Histogram[]): string {
  const heads = buckets.map((bound) => (bound === Infinity ? "more" : `<= ${bound}`));
  const lines = rows.map(({ name, precision, points, binades, counts, worst }) => {
    const shares = counts.map((count) => share(count, points));
    const call = `${name}(${worst.at.join(", ")})`;
    return `| ${[name, precision, points, binades, ...shares, Number(worst.ulps.toPrecision(4)), `\`${call}\``].join(" | ")} |`;
  });
  const titles = ["function", "stored in", "points", "binades", ...heads, "worst", "at"];
  return [
    "# Errors of the elementary functions",
    "",
    "In ulps of the exact value, of the result as it is stored; 0.5 is correct rounding. Against mpmath at 35 digits or more, with",
    "points in every binade of the first argument; `npm run ulps` writes this page.",
    "",
    `| ${titles.join(" | ")} |`,
    `|${titles.map(() => " --- |").join("")}`,
    ...lines,
    "",
  ].join("\n");
}
