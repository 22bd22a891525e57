import { expect, test } from "vitest";
import { perplexity, predict, speak } from "../../examples/neural-lm/app.ts";
import { copyWindows, createWindows, loadBook, tokenise } from "../../examples/neural-lm/text.ts";
import {
  createNeuralLM,
  createNeuralLMTrainer,
  createTextbookLMTrainer,
  textbookLMInfo,
} from "../../generated/neural-lm.ts";
import { hashed } from "../bench/workloads.ts";
import { expectClose, table, transpose } from "./support.ts";

const reference = table("neural_lm") as {
  tokens: number;
  firstTokens: number[];
  sumOfIds: number;
  words: string[];
  float64: number[];
  oneExampleAStep: number[];
};
const book = loadBook();

const [V, D, H] = [5000, 64, 128];
const E = hashed(0, 0.1, V * D);
const W = hashed(1, Math.sqrt(3 / (3 * D)), 3 * D * H);
const U = hashed(2, Math.sqrt(3 / H), H * V);

/** Where the j-th example of the reference begins. */
const start = (j: number): number => (j * 7919) % 19_997;

test("words, numbers and punctuation", () => {
  expect(tokenise("“It’s the Whale’s—” 42 times, queequeg!")).toEqual([
    "it's",
    "the",
    "whale's",
    "—",
    "42",
    "times",
    ",",
    "queequeg",
    "!",
  ]);
});

test("the tokens and the vocabulary are those of the reference", () => {
  expect(book.ids.length).toBe(reference.tokens);
  expect([...book.ids.subarray(0, 40)]).toEqual(reference.firstTokens);
  expect(book.ids.reduce((a, b) => a + b, 0)).toBe(reference.sumOfIds);
  expect(book.words).toHaveLength(V);
  expect([...book.words.slice(1, 21), ...book.words.slice(-20)]).toEqual(reference.words);
});

test("50 losses on the first 20,000 tokens equal PyTorch's", { timeout: 120_000 }, () => {
  const params = { E, "h.W": W, "h.b": new Float32Array(H), "z.W": U, "z.b": new Float32Array(V) };
  const model = createNeuralLMTrainer({ batch: 64, params });
  model.hyper.rate = 0;
  const windows = createWindows(64);
  const losses = reference.float64.map((_, k) => {
    copyWindows(
      book.ids,
      Int32Array.from({ length: 64 }, (_, i) => start(64 * k + i)),
      windows,
    );
    return model.step(windows);
  });
  expect(losses).toHaveLength(50);
  expectClose(losses, reference.float64, 2e-5);

  // What came out is a distribution over the words, says sentences, and has a perplexity between an untrained model's 5,000 and 1.
  const p = predict(model, book, ["for", "all", "the"]);
  expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  expect(p[book.numberOf("fish")]).toBeGreaterThan(0);
  expect(speak(model, book, () => 0.5).length).toBeGreaterThan(0);
  const some = Int32Array.from({ length: 1000 }, (_, i) => i);
  expect(perplexity(model, book.ids, some)).toBeLessThan(4000);
});

test("dropout acts in training, not in evaluation", () => {
  const model = createNeuralLMTrainer({ batch: 64, seed: 5 });
  const windows = createWindows(64);
  copyWindows(
    book.ids,
    Int32Array.from({ length: 64 }, (_, i) => start(i)),
    windows,
  );
  expect(model.hyper.rate).toBe(0.2);
  const evaluated = model.evaluate(windows).loss;
  expect(model.evaluate(windows).loss).toBe(evaluated);
  expect(model.gradient(windows).loss).not.toBe(evaluated);
  model.hyper.rate = 0;
  expect(model.gradient(windows).loss).toBeCloseTo(evaluated, 5);
});

test("the textbook's orientation: E @ one_hot(w) in columns, one example a step", () => {
  const model = createTextbookLMTrainer({
    params: {
      E: transpose(E, V, D),
      W: transpose(W, 3 * D, H),
      b: new Float32Array(H),
      U: transpose(U, H, V),
      c: new Float32Array(V),
    },
  });
  const losses = reference.oneExampleAStep.map((_, j) => {
    const [w1, w2, w3, word] = book.ids.subarray(start(j), start(j) + 4);
    return model.step({ w1, w2, w3, word });
  });
  expectClose(losses, reference.oneExampleAStep, 1e-5);
});

test("E @ one_hot(w) compiles to a lookup of the column", () => {
  // The two layers take 192 * 128 + 128 * 5000 products; three products of E with one-hot vectors would take 3 * 64 * 5000 more.
  const layers = 192 * 128 + 128 * 5000;
  const forward = Number(textbookLMInfo.multiplyAdds.forward);
  expect(forward).toBeGreaterThanOrEqual(layers);
  // Softmax may count a few operations a word.
  expect(forward).toBeLessThan(layers + 10 * 5000);
});

test("a word outside the vocabulary is refused", () => {
  const model = createNeuralLM({ batch: 1 });
  expect(() => model.forward({ words: Int32Array.of(1, 2, 5000) })).toThrow(RangeError);
  expect(() => model.forward({ words: Int32Array.of(1, -1, 3) })).toThrow(RangeError);
});
