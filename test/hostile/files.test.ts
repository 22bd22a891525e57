// Files that are not what they should be, and outputs that would do harm: an error that says why, and nothing is lost.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { derive, newFolder, steering } from "./support.ts";

const folder = newFolder();
const output = join(folder, "generated");
const at = (name: string): string => join(folder, name);
const write = (name: string, content: string | Uint8Array): string => {
  writeFileSync(at(name), content);
  return at(name);
};
const link = (name: string, target: string): string => {
  symlinkSync(target, at(name));
  return at(name);
};
const pipe = (name: string): string => {
  execFileSync("mkfifo", [at(name)]);
  return at(name);
};

const square = "fn f(x) = x*x\n";
write("square.nn", square);
mkdirSync(at("folder.nn"));

const unreadable: readonly (readonly [what: string, path: string, message: RegExp])[] = [
  ["a pipe that nobody writes to", pipe("pipe.nn"), /it is a device or a pipe/],
  ["a device without an end", "/dev/zero", /it is a device or a pipe/],
  ["a device without content", "/dev/null", /it is a device or a pipe/],
  ["a link to a device", link("device.nn", "/dev/zero"), /it is a device or a pipe/],
  ["a link to itself", link("self.nn", "self.nn"), /links lead in a circle/],
  ["a link to nothing", link("nothing.nn", "gone.nn"), /there is no such file/],
  ["a folder", at("folder.nn"), /is a folder/],
  ["a name that is too long", at(`${"a".repeat(300)}.nn`), /its name is too long/],
  ["a path that is too long", at(`${"a/".repeat(3000)}.nn`), /its name is too long/],
  ["no name", "", /there is no such file/],
  ["a path through a file", at("square.nn/square.nn"), /a part of its path is a file/],
  ["UTF-16", write("wide.nn", Buffer.from("\ufefffn f(x) = x", "utf16le")), /UTF-16/],
  ["bytes that are no UTF-8", write("latin.nn", Buffer.from("fn f(x) = x\n// caf\xe9\n", "latin1")), /not UTF-8 text \(see line 2\)/],
  ["an overlong encoding", write("overlong.nn", Uint8Array.of(0x66, 0xc0, 0xaf)), /not UTF-8 text \(see line 1\)/],
  ["a lone surrogate", write("surrogate.nn", Uint8Array.of(0xef, 0xbf, 0xbd, 10, 0xed, 0xa0, 0x80)), /not UTF-8 text \(see line 2\)/],
]; // prettier-ignore

describe("sources", () => {
  test.each(unreadable)("%s", async (_, path, message) => {
    for (const command of [["compile"], ["fmt"], ["explain"]]) {
      const { code, error } = await derive(...command, path);
      expect(code).toBe(2);
      expect(error).toMatch(message);
    }
  });

  test.each(unreadable.slice(0, -5))("%s, imported", async (_, path) => {
    const name = path.startsWith(folder) ? path.slice(folder.length + 1) : `../../../../..${path}`;
    const source = write("importer.nn", `import { f } from "./${name}"\nfn g(x) = f(x)\n`);
    const { code, error } = await derive(source, "-o", output);
    expect(code).toBe(1);
    expect(error).toMatch(/\[import-not-found\]/);
    expect(error).not.toMatch(/internal/);
  });

  test("a sparse file of 100 GB, and more text than the limit", async () => {
    truncateSync(write("huge.nn", ""), 100 * 2 ** 30);
    expect((await derive(at("huge.nn"))).error).toContain("cannot be read: it has 107374182400 bytes");
    expect((await derive(write("large.nn", "x".repeat(2 ** 20 + 1)))).error).toContain("[source-too-large]");
  });

  test("line ends and byte-order marks of every system mean the same", async () => {
    const text = "/// Squares.\nfn f(x: [n]) {\n  y = x * x\n  return sum(y)\n}\n";
    const outputs = new Set<string>();
    for (const written of [text, text.replaceAll("\n", "\r\n"), text.replaceAll("\n", "\r"), `\ufeff${text}`]) {
      const { code, error } = await derive(write("same.nn", written), "-o", output);
      expect({ code, error }).toEqual({ code: 0, error: "" });
      outputs.add(readFileSync(join(output, "same.ts"), "utf8"));
    }
    expect(outputs.size).toBe(1);
  });

  test("imports end in .nn, so that nothing else is shown in a message", async () => {
    write("secret.txt", "password: hunter2\n");
    const { code, error } = await derive(write("reader.nn", 'import { password } from "./secret.txt"\nfn f(x) = x\n'));
    expect(code).toBe(1);
    expect(error).toContain("the name of a source ends in `.nn`");
    expect(error).not.toContain("hunter2");
  });

  test("cycles of imports", async () => {
    for (const [name, target] of [["own", "own"], ["one", "two"], ["two", "three"], ["three", "one"]])
      write(`${name}.nn`, `import { ${target} } from "./${target}.nn"\nfn ${name}1(x) = x\n`); // prettier-ignore
    for (const name of ["own", "one", "two", "three"]) {
      const { code, error } = await derive(at(`${name}.nn`), "-o", output);
      expect(code).toBe(1);
      expect(error).toContain("[import-cycle]");
    }
  });

  test("links to one file are followed, and what they are named counts", async () => {
    link("alias.nn", "square.nn");
    const source = write("both.nn", 'import { f } from "./alias.nn"\nimport { f as g } from "./square.nn"\nfn h(x) = f(x) + g(x)\n'); // prettier-ignore
    expect(await derive(source, at("alias.nn"), "-o", output)).toMatchObject({ code: 0, error: "" });
    expect(readdirSync(output)).toEqual(expect.arrayContaining(["both.ts", "alias.ts"]));
  });
});

const hostileNames = [
  "a\u001b[2J\u001b]0;title\u0007.nn",
  "a\nfake.nn:1:1: error: nothing.nn",
  "a\u202egnp.nn",
  "a\u2028globalThis.pwned=1.nn",
  "*\u002f globalThis.pwned=1 -- ${globalThis.pwned=1}`.nn".replaceAll("/", "\u2215"),
  "-o.nn",
  "a b'\";$(touch pwned)&.nn",
  "__proto__.nn",
  "..nn",
  "...nn",
];

describe("names of files", () => {
  test.each(hostileNames)("%j steers neither the terminal nor the code", async (name) => {
    const good = write(name, square);
    const { code, out, error } = await derive(good, "-o", output);
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(out).not.toMatch(steering);
    expect(out.trimEnd()).not.toContain("\n");
    const module = readFileSync(join(output, `${basename(name, ".nn")}.ts`), "utf8");
    expect(module).not.toMatch(steering);
    expect(module.split("\n").filter((line) => line.includes("pwned") && !line.startsWith("// "))).toEqual([]);
    const bad = write(name, "fn f(x) = y\n");
    for (const args of [[bad], ["fmt", "--check", bad], [bad, "--json"], [`${bad}?`], [at("square.nn"), `--${name}`]]) {
      const ran = await derive(...args, ...(args[0] === "fmt" ? [] : ["-o", output]));
      expect(ran.error + ran.out).not.toMatch(steering);
      expect(ran.code).not.toBe(70);
      expect(ran.error).not.toMatch(/^fake/m);
    }
  });

  test("doc comments, names and numbers steer no terminal either", async () => {
    const source = write(
      "steering.nn",
      `/// \u001b[2J */ \u202e\u2066 \u0000 \u0085 \u009b1m\nfn f(x: [n]) {\n  a = x * 2 // \u001b[31m\u202e \`\${1}\`\n  return sum(a * a) /* \u0007 */\n}\n`,
    );
    for (const args of [[], ["--emit", "js"], ["--stdout"], ["--print", "program"]]) {
      const { code, out, error } = await derive(source, "-o", output, ...args);
      expect({ code, error }).toEqual({ code: 0, error: "" });
      expect(out).not.toMatch(steering);
    }
    for (const name of ["steering.ts", "steering.js", "steering.d.ts"])
      expect(readFileSync(join(output, name), "utf8")).not.toMatch(steering);
  });
});

describe("outputs", () => {
  const outputs = at("outputs");
  mkdirSync(outputs);
  const module = join(outputs, "square.ts");
  const compileSquare = (): ReturnType<typeof derive> => derive(at("square.nn"), "-o", outputs);

  test("a link stays a link, and permissions stay", async () => {
    write("elsewhere.ts", "old");
    chmodSync(at("elsewhere.ts"), 0o640);
    symlinkSync("../elsewhere.ts", module);
    expect((await compileSquare()).code).toBe(0);
    expect(readlinkSync(module)).toBe("../elsewhere.ts");
    expect(readFileSync(at("elsewhere.ts"), "utf8")).toContain("export function f(");
    expect(statSync(at("elsewhere.ts")).mode & 0o777).toBe(0o640);
    expect(readdirSync(outputs)).toEqual(["square.ts"]);
  });

  test("a link to a file that does not exist yet makes it", async () => {
    symlinkSync("fresh.ts", join(outputs, "later.ts"));
    expect((await derive(write("later.nn", square), "-o", outputs)).code).toBe(0);
    expect(lstatSync(join(outputs, "fresh.ts")).isFile()).toBe(true);
  });

  test.each([
    ["a folder", (path: string) => { mkdirSync(path); }, "it is a folder"],
    ["a pipe", (path: string) => { execFileSync("mkfifo", [path]); }, "it is a device or a pipe"],
    ["a link to a device", (path: string) => { symlinkSync("/dev/null", path); }, "it is a device or a pipe"],
    ["a link to itself", (path: string) => { symlinkSync(basename(path), path); }, "its links lead in a circle"],
  ])("%s is not written over", async (what, make, reason) => {
    const name = what.replaceAll(" ", "-");
    make(join(outputs, `${name}.ts`));
    const before = lstatSync(join(outputs, `${name}.ts`)).ino;
    const { code, error } = await derive(write(`${name}.nn`, square), "-o", outputs);
    expect(code).toBe(2);
    expect(error).toContain(`cannot be written: ${reason}`);
    expect(lstatSync(join(outputs, `${name}.ts`)).ino).toBe(before);
  }); // prettier-ignore

  test("sources are not written over, whatever links call them", async () => {
    link("generated-source.ts", "square.nn");
    const linked = await derive(write("generated-source.nn", square), at("square.nn"), "-o", folder);
    expect(linked).toMatchObject({ code: 2, error: expect.stringContaining("would write over the source") as unknown });
    const source = write("uses-square.nn", 'import { f } from "./square.nn"\nfn g(x) = f(x)\n');
    symlinkSync("../square.nn", join(outputs, "uses-square.ts"));
    const imported = await derive(source, "-o", outputs);
    expect(imported).toMatchObject({ code: 2, error: expect.stringContaining("it is a source") as unknown });
    expect(readFileSync(at("square.nn"), "utf8")).toBe(square);
  });

  test("two sources do not write one file through a link", async () => {
    link("outputs-too", "outputs");
    mkdirSync(at("other"));
    symlinkSync("square.ts", join(outputs, "cube.ts"));
    const { code, error } = await derive(at("square.nn"), write("cube.nn", square), "-o", outputs);
    expect(code).toBe(2);
    expect(error).toContain("would both write");
  });

  test("a file that is protected stays, and so does a folder's content", async () => {
    if (process.getuid?.() === 0) return; // Nothing is protected from the superuser.
    write("protected.nn", square);
    writeFileSync(join(outputs, "protected.ts"), "old", { mode: 0o444 });
    expect(await derive(at("protected.nn"), "-o", outputs)).toMatchObject({ code: 2, error: expect.stringContaining("permission is denied") as unknown }); // prettier-ignore
    mkdirSync(at("closed"), { mode: 0o555 });
    expect(await derive(at("square.nn"), "-o", at("closed"))).toMatchObject({ code: 2, error: expect.stringContaining("permission is denied") as unknown }); // prettier-ignore
  });

  test("names may be as long as they can be", async () => {
    const name = "n".repeat(252);
    expect((await derive(write(`${name}.nn`, square), "-o", outputs)).code).toBe(0);
    expect(existsSync(join(outputs, `${name}.ts`))).toBe(true);
  });

  test("what killed runs left is removed, once nobody can be writing it", async () => {
    const old = join(outputs, ".derive-0123456789abcdef.tmp");
    const young = join(outputs, ".derive-fedcba9876543210.tmp");
    const foreign = join(outputs, ".derive-mine.tmp");
    for (const path of [old, young, foreign]) writeFileSync(path, "half");
    for (const path of [old, foreign]) utimesSync(path, new Date(0), new Date(0));
    expect((await derive(write("tidy.nn", square), "-o", outputs)).code).toBe(0);
    expect([old, young, foreign].map((path) => existsSync(path))).toEqual([false, true, true]);
  });

  test("fmt in place keeps links and permissions", async () => {
    const target = write("unformatted.nn", "fn f( x )=x\n");
    chmodSync(target, 0o600);
    const alias = link("unformatted-alias.nn", "unformatted.nn");
    expect((await derive("fmt", alias)).code).toBe(0);
    expect(lstatSync(alias).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, "utf8")).toBe("fn f(x) = x\n");
    expect(statSync(target).mode & 0o777).toBe(0o600);
  });
});
