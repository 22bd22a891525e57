import { describe, expect, it } from "vitest";
import { didYouMean, editDistance, nearest } from "../../src/diagnostics/suggest.ts";

describe("editDistance", () => {
  it("counts insertions, deletions, replacements and swaps", () => {
    expect(editDistance("kitten", "sitting")).toBe(3);
    expect(editDistance("", "abc")).toBe(3);
    expect(editDistance("sotfmax", "softmax")).toBe(1);
    expect(editDistance("same", "same")).toBe(0);
    expect(editDistance("w", "W")).toBeCloseTo(0.3);
    expect(editDistance("σ1", "σ2")).toBe(1);
  });
});

describe("nearest", () => {
  it("finds a likely misspelling and nothing else", () => {
    expect(nearest("logit", ["loss", "logits", "x"])).toBe("logits");
    expect(nearest("sofmtax", ["log_softmax", "softmax"])).toBe("softmax");
    expect(nearest("Softmax", ["softmin", "softmax"])).toBe("softmax");
    expect(nearest("x", ["W", "y"])).toBeNull();
    expect(nearest("w", ["W", "y"])).toBe("W");
    expect(nearest("hidden", ["momentum", "units"])).toBeNull();
    expect(nearest("cross_entropy_loss", ["cross_entropy", "mse"])).toBe("cross_entropy");
    expect(nearest("x", [])).toBeNull();
  });

  it("is put as a question", () => {
    expect(didYouMean("logit", ["logits"])).toBe("did you mean `logits`?");
    expect(didYouMean("logit", ["mse"])).toBeNull();
  });

  it("knows an abbreviation that can mean one thing only", () => {
    expect(didYouMean("grad", ["value", "gradient"])).toBe("did you mean `gradient`?");
    expect(didYouMean("soft", ["softmax", "softplus"])).toBeNull();
    expect(didYouMean("gr", ["gradient"])).toBeNull();
    expect(didYouMean("soft", ["softmax", "sort"])).toBe("did you mean `sort`?");
  });
});
