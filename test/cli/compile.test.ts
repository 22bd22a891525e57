import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { derive, folderWith } from "./support.ts";

describe("derive compile", () => {
  it("writes one file a source, into a folder that it makes, and nothing else", async () => {
    const folder = folderWith({ "a.nn": "fn a\n", "b.nn": "fn b\n" });
    const output = join(folder, "deep/generated");
    const { code, out, error } = await derive([join(folder, "a.nn"), join(folder, "b.nn"), "-o", output]);
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(readdirSync(output).sort()).toEqual(["a.ts", "b.ts"]);
    expect(readFileSync(join(output, "a.ts"), "utf8")).toBe("FN A\n");
    expect(out).toContain(`a.nn -> ${join(output, "a.ts")}`);
  });

  it("is what a file name alone runs, and expands patterns, each file once", async () => {
    const folder = folderWith({ "m/a.nn": "fn a\n", "m/b.nn": "fn b\n", "m/c.txt": "no" });
    const output = join(folder, "out");
    const { calls } = await derive([join(folder, "m/b.nn"), join(folder, "m/*.nn"), "-o", output]);
    expect(calls.map((call) => call.path)).toEqual([join(folder, "m/b.nn"), join(folder, "m/a.nn")]);
    expect((await derive(["compile", join(folder, "m/a.nn"), "-o", output])).code).toBe(0);
  });

  it("hands its options to the compiler", async () => {
    const folder = folderWith({ "a.nn": "fn a\n" });
    const flags = [
      "--precision",
      "f64",
      "--set",
      "hidden=64",
      "--set",
      "Model.rate = 1e-3",
      "--checkpoint",
      "--verify",
      "--max-nodes",
      "500",
    ];
    const { calls } = await derive([join(folder, "a.nn"), "-o", folder, ...flags]);
    expect(calls[0]).toMatchObject({
      target: "ts",
      precision: "f64",
      emit: "ts",
      set: { hidden: "64", "Model.rate": "1e-3" },
      checkpoint: true,
      verify: true,
      maxNodes: 500,
    });
  });

  it("writes JavaScript and declarations with --emit js", async () => {
    const folder = folderWith({ "a.nn": "fn a\n" });
    const { out } = await derive([join(folder, "a.nn"), "-o", folder, "--emit", "js"]);
    expect(readdirSync(folder).sort()).toEqual(["a.d.ts", "a.js", "a.nn"]);
    expect(readFileSync(join(folder, "a.d.ts"), "utf8")).toBe("declare FN A\n");
    expect(out).toContain("a.js, ");
  });

  it("prints code or a stage and writes nothing", async () => {
    const folder = folderWith({ "a.nn": "fn a\n" });
    expect((await derive([join(folder, "a.nn"), "-o", join(folder, "out"), "--stdout"])).out).toBe("FN A\n");
    expect((await derive([join(folder, "a.nn"), "--print", "graph"])).out).toBe("(graph)\n");
    expect(await derive([join(folder, "a.nn"), "--stdout", "--trace-rewrites"])).toMatchObject({
      out: "FN A\n",
      error: "a -> b\n",
    });
    expect(readdirSync(folder)).toEqual(["a.nn"]);
  });

  it("writes nothing for a file with errors and leaves its earlier output; other files are written", async () => {
    const folder = folderWith({ "a.nn": "fn error\n", "b.nn": "fn b warning\n", "a.ts": "earlier" });
    const { code, error } = await derive([join(folder, "a.nn"), join(folder, "b.nn"), "-o", folder]);
    expect(code).toBe(1);
    expect(readFileSync(join(folder, "a.ts"), "utf8")).toBe("earlier");
    expect(readFileSync(join(folder, "b.ts"), "utf8")).toBe("FN B WARNING\n");
    expect(error).toContain(
      `${join(folder, "a.nn")}:1:4: error: \`error\` is not defined [unknown-name]\n 1 | fn error\n   |    ^^^^^`,
    );
    expect(error).toContain("1 error, 1 warning\n");
    expect(error).not.toContain("\u001b");
    expect((await derive([join(folder, "a.nn"), "-o", folder], { color: true })).error).toContain("\u001b[1;31m");
  });

  it("writes diagnostics as JSON on request", async () => {
    const folder = folderWith({ "a.nn": "fn error\n", "b.nn": "fn b\n" });
    const { error, out } = await derive([join(folder, "a.nn"), join(folder, "b.nn"), "-o", folder, "--json"]);
    expect(out).toBe("");
    expect(JSON.parse(error)).toMatchObject({
      diagnostics: [
        { path: join(folder, "a.nn"), code: "unknown-name", start: { line: 1, column: 4 }, end: { column: 9 } },
      ],
      written: [join(folder, "b.ts")],
    });
  });

  it("does not touch an output that is the same already, and leaves no temporary file", async () => {
    const folder = folderWith({ "a.nn": "fn a\n" });
    await derive([join(folder, "a.nn"), "-o", folder]);
    const before = statSync(join(folder, "a.ts"), { bigint: true });
    await derive([join(folder, "a.nn"), "-o", folder]);
    const after = statSync(join(folder, "a.ts"), { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
    writeFileSync(join(folder, "a.nn"), "fn aa\n");
    await derive([join(folder, "a.nn"), "-o", folder]);
    expect(statSync(join(folder, "a.ts"), { bigint: true }).ino).not.toBe(before.ino);
    expect(readdirSync(folder).sort()).toEqual(["a.nn", "a.ts"]);
  });

  it("reads imports relative to where the compiler says", async () => {
    const folder = folderWith({ "m/a.nn": 'import "../b.nn"\n', "b.nn": "\ufeffB" });
    expect((await derive([join(folder, "m/a.nn"), "--stdout"])).out).toBe('IMPORT "../B.NN"\nB\n');
  });
});

describe("wrong usage", () => {
  const wrong = async (...args: string[]): Promise<string> => {
    const { code, error } = await derive(args);
    expect(code, args.join(" ")).toBe(2);
    return error;
  };

  it("exits with 2 and says why", async () => {
    const folder = folderWith({ "x/a.nn": "fn a\n", "y/a.nn": "fn a\n" });
    const [xa, ya] = [join(folder, "x/a.nn"), join(folder, "y/a.nn")];
    expect(await wrong(xa, ya, "-o", folder)).toContain(`${xa} and ${ya} would both write ${join(folder, "a.ts")}`);
    expect(existsSync(join(folder, "a.ts"))).toBe(false);
    expect(await wrong(xa, "--relaxed")).toContain("--relaxed is about WebAssembly");
    expect(await wrong(xa, "--target", "wasm-module", "--stdout")).toContain("--stdout has no place for the bytes");
    expect(await wrong(xa, "--target", "cuda")).toContain("Allowed choices are ts, wasm, wasm-module");
    expect(await wrong(xa, "--set", "hidden")).toContain("name=value");
    expect(await wrong(xa, "--max-nodes", "many")).toContain("whole number");
    expect(await wrong(xa, "--frobnicate")).toContain("unknown option '--frobnicate'");
    expect(await wrong(xa, "-o", "out.ts")).toContain("names a folder");
    expect(await wrong(join(folder, "x"))).toContain("is a folder");
    expect(await wrong(join(folder, "*.nn"))).toContain("matches no file");
    expect(await wrong(join(folder, "gone.nn"))).toContain(
      "gone.nn: error: cannot be read: there is no such file [file-unreadable]",
    );
    expect(await wrong("compile")).toContain("missing required argument 'files'");
    expect(await wrong("compil")).toContain("did you mean `compile`?");
    expect(await wrong()).toContain("Usage: derive");
    writeFileSync(join(folder, "b.ts"), "fn b\n");
    mkdirSync(join(folder, "o"));
    expect(await wrong(join(folder, "b.ts"), "-o", folder)).toContain("would write over the source");
    const unwritable = await wrong(xa, "-o", xa.replace("a.nn", "a.nn/deeper"));
    expect(unwritable).toContain("a part of its path is a file");
    expect(unwritable).toContain("[file-unwritable]");
  });
});

describe("faults of derive", () => {
  it("exit with 70, say what to report, and leave other files alone", async () => {
    const folder = folderWith({ "a.nn": "crash\n", "b.nn": "fn b\n" });
    const { code, error } = await derive([join(folder, "a.nn"), join(folder, "b.nn"), "-o", folder]);
    expect(code).toBe(70);
    expect(error).toContain("derive has a fault of its own: TypeError: no rule for x");
    expect(error).toMatch(/please report it with the program/);
    expect(existsSync(join(folder, "b.ts"))).toBe(true);
  });
});

describe("help and version", () => {
  it("are printed to standard output", async () => {
    const help = await derive(["--help"]);
    expect(help.code).toBe(0);
    expect(help.out).toContain("derive compile --help");
    const compile = await derive(["compile", "--help"]);
    expect(compile.code).toBe(0);
    for (const option of ["--output", "--target", "--precision", "--emit", "--set", "--watch", "--stdout", "--print"]) {
      expect(compile.out).toContain(option);
    }
    expect(compile.out).toContain("Examples:");
    const version = await derive(["--version"]);
    expect(version.out.trim()).toBe((JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version);
  });
});
