/** The inputs that are timed: the sizes of the suite's evaluations, its data where it has files, else numbers drawn here. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { randomSource } from "../main.ts";

export interface Workload {
  readonly module: string;
  readonly description: string;
  readonly functions: readonly string[];
  readonly input: Readonly<Record<string, unknown>>;
}

const uniform = randomSource(31337);
/** Box and Muller. */
const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
const vector = (n: number, draw = uniform): number[] => Array.from({ length: n }, draw);
const matrix = (m: number, n: number, draw = uniform): number[][] => Array.from({ length: m }, () => vector(n, draw));

/** The numbers of each line of a file, which stand between blanks or colons. */
const lines = (path: string): number[][] =>
  readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/[\s:]+/).map(Number)); // prettier-ignore

const gradient = ["primal", "gradient"];
const modes = ["rr", "fr", "rf", "ff"];
const jacobian = ["objective", "jacobian"];

function kmeans(k: number, n: number, d: number): Workload {
  const points = matrix(n, d);
  const input = { points, centroids: points.slice(-k) };
  return { module: "kmeans", description: `k=${k} n=${n} d=${d}`, functions: ["cost", "dir"], input };
}

function gmm(d: number, k: number, n: number): Workload {
  const l = matrix(k, (d * (d - 1)) / 2, normal);
  const x = matrix(n, d, normal);
  const rest = { alpha: vector(k, normal), mu: matrix(k, d), q: matrix(k, d, normal), l, m: 0, gamma: 1 };
  return { module: "gmm", description: `d=${d} k=${k} n=${n}`, functions: jacobian, input: { d, k, n, x, ...rest } };
}

function ba(suite: string, name: string): Workload {
  const [[n, m, p], cam, x, [w], feat] = lines(join(suite, `evals/ba/data/${name}.txt`));
  return { module: "ba", description: name, functions: jacobian, input: { n, m, p, cam, x, w, feat } };
}

/** A hand model and its data: see evals/ht there for the format of the files. */
function ht(suite: string, kind: string, name: string): Workload {
  const folder = join(suite, `evals/ht/data/${kind}`);
  const bones = lines(join(folder, "model/bones.txt")).map((line) => line.slice(1));
  const square = (values: number[]): number[][] => [0, 4, 8, 12].map((k) => values.slice(k, k + 4));
  const vertices = lines(join(folder, "model/vertices.txt"));
  const weights = vertices.map((line) => {
    const row = bones.map(() => 0);
    for (let k = 0; k < line[8]; k++) row[line[9 + 2 * k]] = line[10 + 2 * k];
    return row;
  });
  const model = {
    bone_count: bones.length,
    bone_names: bones.map((_, k) => `bone${k}`),
    parents: bones.map(([parent]) => parent),
    base_relatives: bones.map((line) => square(line.slice(1, 17))),
    inverse_base_absolutes: bones.map((line) => square(line.slice(17, 33))),
    base_positions: vertices.map((line) => [...line.slice(0, 3), 1]),
    weights,
    triangles: lines(join(folder, "model/triangles.txt")),
    is_mirrored: false,
  };
  const [[n, count], ...rest] = lines(join(folder, `${name}.txt`));
  const measured = rest.slice(0, n);
  const us = kind.startsWith("complicated") ? rest.slice(n, 2 * n) : [];
  const theta = rest.slice(-count).flat();
  const points = measured.map((line) => line.slice(1));
  const data = { model, correspondences: measured.map(([at]) => at), points };
  return { module: "ht", description: `${kind} ${name}`, functions: jacobian, input: { theta, us, data } };
}

function lstm(l: number, c: number): Workload {
  const bits = 14;
  const rest = { main_params: matrix(2 * l, 4 * bits), extra_params: matrix(3, bits), state: matrix(2 * l, bits) };
  const sequence = matrix(c, bits, () => Math.round(uniform()));
  return { module: "lstm", description: `l=${l} c=${c}`, functions: jacobian, input: { ...rest, sequence } };
}

/** What is timed, with the files of a checkout of the suite. */
export function workloads(suite: string): readonly Workload[] {
  return [
    { module: "llsq", description: "n=4096 m=128", functions: gradient, input: { x: vector(128), n: 4096 } },
    { module: "lse", description: "n=160000", functions: gradient, input: { x: vector(160_000) } },
    { module: "det", description: "l=9", functions: gradient, input: { A: vector(81), ell: 9 } },
    gmm(10, 25, 1000),
    kmeans(100, 10_000, 8),
    lstm(2, 1024),
    { module: "ode", description: "n=1000 s=10", functions: gradient, input: { x: vector(1000), s: 10 } },
    { module: "particle", description: "w=0", functions: modes, input: { w: 0 } },
    { module: "saddle", description: "start=(1, 1)", functions: modes, input: { start: [1, 1] } },
    ba(suite, "ba1_n49_m7776_p31843"),
    ht(suite, "complicated_big", "hand1_t26_c100"),
  ];
}
