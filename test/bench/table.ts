/** A time: one training step of `workload` at `batch` took `ms`, and step 20 reported `loss`. */
export interface Row {
  peer: string;
  workload: string;
  batch: number;
  ms: number;
  loss: number;
}

/**
 * Three tables of one row a workload and one column a peer: ms a step, how many times the first peer's time each takes, and losses at step 20.
 * The first row's peer is the one that others are compared with.
 */
export function formatTable(rows: readonly Row[]): string {
  const peers = [...new Set(rows.map((row) => row.peer))];
  const names = [...new Set(rows.map(({ workload, batch }) => `${workload} b${batch}`))];
  const find = (name: string, peer: string): Row | undefined =>
    rows.find((row) => `${row.workload} b${row.batch}` === name && row.peer === peer);
  const first = peers.at(0);
  if (first === undefined) return "nothing measured";
  const section = (title: string, cell: (row: Row, base: Row | undefined) => string): string[][] => [
    [title, ...peers],
    ...names.map((name) => [
      name,
      ...peers.map((peer) => {
        const row = find(name, peer);
        return row === undefined ? "" : cell(row, find(name, first));
      }),
    ]),
    [],
  ];
  const lines = [
    ...section("ms a step", ({ ms }) => ms.toPrecision(4)),
    ...section(`times ${first}`, ({ ms }, base) => (base === undefined ? "" : (ms / base.ms).toFixed(2))),
    ...section("loss at step 20", ({ loss }) => loss.toPrecision(6)),
  ];
  const widths = [0, ...peers].map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines
    .map((line) =>
      line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
    )
    .join("\n")
    .trimEnd();
}
