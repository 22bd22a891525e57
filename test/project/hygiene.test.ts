import { expect, test } from "vitest";
import { topics } from "../../src/diagnostics/catalogue/index.ts";
import { filesUnder, read, trackedFiles } from "./files.ts";

const tracked = trackedFiles();

/** Lines of checked-in files that match, as `path:line: text`. */
function linesWith(pattern: RegExp): readonly string[] {
  return tracked.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.slice(0, 120)}`] : [])),
  );
}

test("no file tells where packages were fetched from", () => {
  expect(tracked).toContain("package-lock.json");
  // In pieces, so that this file does not match itself.
  expect(
    linesWith(new RegExp(["registry\\.", "npmjs\\.", "yarnpkg\\.", '"resolved": "https?:', "pypi\\."].join("|"))),
  ).toEqual([]);
});

test("no file holds a path of somebody's machine", () => {
  const folders = ["home", "Users", "root", "work", "tmp", "mnt"].join("|");
  expect(linesWith(new RegExp(`(?<![\\w./~@-])/(?:${folders})/\\w`))).toEqual([]);
});

test("files are of a size to be read in one sitting", () => {
  const lines = (path: string): number => read(path).trimEnd().split("\n").length;
  const long = filesUnder("src", ".ts").filter((path) => !path.endsWith(".generated.ts") && lines(path) > 530);
  expect(long).toEqual([]);
});

test("every message of the catalogue is the subject of a sample or a test", () => {
  const tests = [...filesUnder("test", ".ts"), ...filesUnder("test/samples", ".json")];
  const texts = tests.map(read).join("\n");
  const codes = Object.values(topics).flatMap((rows) => Object.keys(rows));
  expect(codes.filter((code) => !texts.includes(`"${code}"`) && !texts.includes(`[${code}]`))).toEqual([]);
});
