import { InvalidArgumentError } from "commander";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { addValues } from "../../src/cli/arguments.ts";
import { derive, folderWith } from "./support.ts";

describe("--at", () => {
  it("reads numbers and tensors", () => {
    expect(addValues("a=3,b=1,c=-2")).toEqual({ a: 3, b: 1, c: -2 });
    expect(addValues("x=[1, 2],W=[[1,0],[0,1e-3]], s = .5")).toEqual({
      x: [1, 2],
      W: [
        [1, 0],
        [0, 1e-3],
      ],
      s: 0.5,
    });
    expect(addValues("n=1_000,σ=1.,i=-inf", { a: 1 })).toEqual({ a: 1, n: 1000, σ: 1, i: -Infinity });
    expect(addValues("x=nan")).toEqual({ x: NaN });
    expect(addValues("x=[]")).toEqual({ x: [] });
  });

  it("refuses everything else", () => {
    for (const text of ["a", "a=", "a=b", "a=[1,", 'a=["1"]', "a=null", "a=0x10", "a=1,a=2", "=1", "a=1,2", ""]) {
      expect(() => addValues(text), text).toThrow(InvalidArgumentError);
    }
  });
});

describe("derive explain", () => {
  it("passes on what is asked", async () => {
    const folder = folderWith({ "a.nn": "fn a\n", "b.nn": "crash\n" });
    const { code, out } = await derive([
      "explain",
      join(folder, "a.nn"),
      "--at",
      "a=3,b=1",
      "--at",
      "c=-2",
      "--item",
      "L",
      "--set",
      "k=2",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ path: "a.nn", at: { a: 3, b: 1, c: -2 }, item: "L", set: { k: "2" } });
    expect(JSON.parse((await derive(["explain", join(folder, "a.nn")])).out)).toEqual({ path: "a.nn" });
    expect((await derive(["explain", join(folder, "a.nn"), "--at", "a=x"])).code).toBe(2);
    expect((await derive(["explain", join(folder, "gone.nn")])).code).toBe(2);
    expect((await derive(["explain", join(folder, "b.nn")])).code).toBe(70);
  });
});
