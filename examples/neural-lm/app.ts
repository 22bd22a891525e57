// Trains the neural language model on the whole book, prints the held-out perplexity an epoch, then lets it speak.
import { createNeuralLMTrainer } from "../../generated/neural-lm.ts";
import type { NeuralLM, NeuralLMTrainer } from "../../generated/neural-lm.ts";
import { isMain, randomSource, shuffle } from "../main.ts";
import type { Book } from "./text.ts";
import { copyWindows, createWindows, loadBook } from "./text.ts";

const batch = 64;

/** exp of the mean loss on the windows that begin at `starts`. */
export function perplexity(model: NeuralLMTrainer, ids: Int32Array, starts: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < starts.length; i += batch) {
    const part = starts.subarray(i, i + batch);
    const windows = createWindows(part.length);
    copyWindows(ids, part, windows);
    sum += model.evaluate(windows).loss * part.length;
  }
  return Math.exp(sum / starts.length);
}

/** Probabilities of every word after the three given ones. */
export function predict(model: NeuralLM, book: Book, context: [string, string, string]): Float32Array {
  return model.forward({ words: Int32Array.from(context, book.numberOf) }).p;
}

/** Says a sentence: draws word after word, from a full stop to the next mark that ends a sentence. */
export function speak(model: NeuralLM, book: Book, random: () => number, limit = 40): string {
  let context: [string, string, string] = ["!", ".", "."];
  const said: string[] = [];
  while (said.length < limit) {
    const p = predict(model, book, context);
    p[0] = 0; // never says "some other word"
    let left = random() * p.reduce((a, b) => a + b, 0);
    let word = p.findIndex((v) => (left -= v) < 0);
    if (word < 0) word = 1;
    const next = book.words[word] ?? "";
    said.push(next);
    context = [context[1], context[2], next];
    if (/[.?!]/.test(next)) break;
  }
  return said.join(" ").replace(/ ([.,;:?!])/g, "$1");
}

/**
 * Trains for `epochs` epochs and prints a line each, then a sentence and P(fish | for all the).
 *
 * @param limit trains on the first so many tokens only, and holds out nothing else than the last tenth of the book.
 * @returns the held-out perplexity after the last epoch.
 */
export function main(print: (line: string) => void, epochs = 4, limit = Infinity, seed = 1): number {
  const book = loadBook();
  const { ids } = book;
  const end = Math.min(book.split, limit);
  print(`${ids.length} tokens, ${end} to train on, ${ids.length - book.split} held out, ${book.words.length} words`);
  const model = createNeuralLMTrainer({ batch, seed });
  const random = randomSource(seed);
  const order = Int32Array.from({ length: end - 3 }, (_, i) => i);
  const heldOut = Int32Array.from({ length: ids.length - 3 - book.split }, (_, i) => book.split + i);
  const windows = createWindows(batch);
  let result = NaN;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    shuffle(order, random);
    let sum = 0;
    let steps = 0;
    // A last batch that would not be full is left out.
    for (let i = 0; i + batch <= order.length; i += batch) {
      copyWindows(ids, order.subarray(i, i + batch), windows);
      sum += model.step(windows);
      steps++;
      if (steps % 1000 === 0) print(`  step ${steps}: training loss ${(sum / steps).toFixed(4)}`);
    }
    result = perplexity(model, ids, heldOut);
    const seconds = (performance.now() - start) / 1000;
    print(
      `epoch ${epoch}: training loss ${(sum / steps).toFixed(4)}, held-out perplexity ${result.toFixed(1)}, ${seconds.toFixed(0)} s`,
    );
  }
  print(`it says: ${speak(model, book, random)}`);
  const p = predict(model, book, ["for", "all", "the"]);
  const fish = p[book.numberOf("fish")] ?? NaN;
  const before = p.filter((v) => v > fish).length;
  print(`P(fish | for all the ...) = ${fish.toPrecision(3)}, word ${before + 1} of ${p.length}`);
  const best = Array.from(p.keys())
    .sort((a, b) => (p[b] ?? 0) - (p[a] ?? 0))
    .slice(0, 5);
  print(`likelier: ${best.map((i) => `${book.words[i] ?? ""} ${(p[i] ?? NaN).toPrecision(2)}`).join(", ")}`);
  return result;
}

if (isMain(import.meta.url)) main(console.log, Number(process.argv[2] ?? 4));
