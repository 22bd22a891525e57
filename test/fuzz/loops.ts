/** `repeat`, which is written out at compile time, and the loops of the program: `for`, `scan`, `while`. */
import * as dims from "../../src/ir/dim.ts";
import type { Construct, Grow } from "./construct.ts";
import { Scope, tamed } from "./scope.ts";
import { bindingOf, fits, op, reference, strength, typeOf, type Binding, type Term } from "./terms.ts";

type Word = "repeat" | "for" | "scan" | "while";

/**
 * `repeat r < 3 carry a = x, b = y { u = ...  next a = ...  next b = ... }`, or another kind of loop: one carry or two, all of
 * which take their next values together. The round is an integer; `for` and `scan` also read rows of a tensor by it, `scan`
 * yields what it carries, `while` counts rounds itself.
 */
function rounds(word: Word, constructs: () => readonly Construct[], grow: Grow) {
  const make = (s: Scope): Term | null => {
    const isNested = s.options.inline;
    const x = s.number((t) => t.element === "real");
    if (x === null || (isNested && s.rng.chance(0.3))) return null;
    const y = !isNested && s.rng.chance(0.3) ? s.number((t) => t.element === "real") : null;
    const rows = word === "for" || word === "scan" ? rowsOf(s) : null;
    const id = String(s.options.counter.next++);
    const starts = y === null ? [x] : [x, y];
    const carries = starts.map((t, k) => bindingOf(`${k === 0 ? "h" : "c"}${id}`, t.type));
    const inner = new Scope({ ...s.options, parameter: () => null, inline: true, layers: word === "repeat" ? s.options.layers : null }); // prettier-ignore
    // What has a name outside may be used inside.
    for (const term of s.pool) if (term.size === 1) inner.pool.push(term);
    const round = op("round", typeOf("index", []), [], () => `r${id}`);
    if (s.rng.chance(0.3)) inner.pool.push(round);
    if (rows !== null) inner.pool.push(op("row", typeOf("real", rows.type.shape.slice(1)), [rows], ([a]) => `${a}[r${id}]`, { wanted: [strength.atom] })); // prettier-ignore
    for (const carry of carries) inner.declare(carry);
    const ofBody = !isNested && s.rng.chance(0.25) ? [{ name: word, weight: 1, make }] : constructs();
    const local = s.rng.chance(0.4) ? made(inner, ofBody, grow) : null;
    const name: Binding | null = local === null ? null : bindingOf(`u${id}`, local.type);
    if (name !== null) inner.declare(name);
    grow(inner, constructs(), 2);
    const next = carries.map((carry) => {
      const body = [...inner.pool].reverse().find((t) => fits(t.type, carry.type)) ?? reference(carry);
      return tamed(chosenBy(inner, round, body, carry));
    });
    const trip = rows === null ? dims.constant(s.rng.pick([2, word === "repeat" ? 3 : 6])) : rows.type.shape[0];
    const count = rows === null ? s.sizeText(trip) : dims.print(trip);
    const end = s.rng.pick(["\n", "; "]);
    const yields = word !== "scan" ? [] : name !== null && local?.type.element === "real" ? [name] : [carries[0]];
    const text = (o: readonly string[]): string => {
      const given = carries.map((carry, k) => `${carry.name} = ${o[k]}`);
      const then = carries.map((carry, k) => `next ${carry.name} = ${o[carries.length + k]}`);
      const first = name === null ? [] : [`${name.name} = ${o[2 * carries.length]}`];
      const counted = word === "while";
      const head = heads[word](`r${id}`, count);
      const clauses = [
        `carry ${[...given, ...(counted ? [`r${id} = 0`] : [])].join(", ")}`,
        ...yields.map((y) => `yield ${y.name}`),
        ...(counted ? ["max 4"] : []),
      ];
      const body = [...first, ...then, ...(counted ? [`next r${id} = r${id} + 1`] : [])];
      return `${head} ${clauses.join(" ")} { ${body.join(end)} }`;
    };
    const operands = [...starts, ...next, ...(local === null ? [] : [local])];
    const loop = op(`${word}-loop`, x.type, operands, text, { strength: strength.prefix });
    const stacked = yields.map((y) => typeOf("real", [trip, ...y.type.shape])); // prettier-ignore
    const others = [...(y === null ? [] : [y.type]), ...stacked, ...(word === "while" ? [typeOf("index", [])] : [])];
    if (others.length === 0) return loop;
    // Several values are taken apart by a statement, which a body in a body has none of.
    if (isNested) return null;
    const [result, ...more] = s.defineAll(loop, [x.type, ...others]);
    s.pool.push(...more);
    return result;
  };
  return make;
}

const heads: Readonly<Record<Word, (round: string, count: string) => string>> = {
  repeat: (round, count) => `repeat ${round} < ${count}`,
  for: (round, count) => `for ${round} in 0 : ${count}`,
  scan: (round, count) => `scan ${round} in 0 : ${count}`,
  while: (round, count) => `while ${round} < ${count}`,
};

/** Now and then a tensor whose rows the rounds read. */
function rowsOf(s: Scope): Term | null {
  if (s.rng.chance(0.5)) return null;
  const x = s.number((t) => t.element === "real" && t.shape.length > 0);
  return x?.size === 1 ? x : null;
}

function made(inner: Scope, constructs: readonly Construct[], grow: Grow): Term | null {
  const before = inner.pool.length;
  grow(inner, constructs, 1);
  return inner.pool.length > before ? inner.pool[inner.pool.length - 1] : null;
}

/** Now and then something else in the first round, which is known. */
function chosenBy(s: Scope, round: Term, body: Term, carry: Binding): Term {
  if (s.rng.chance(0.8)) return body;
  const text = ([r, a, b]: readonly string[]): string => `if ${r} == 0 then ${a} else ${b}`;
  return op("decided", carry.type, [round, body, reference(carry)], text, { strength: strength.prefix });
}

export function loops(all: () => readonly Construct[], grow: Grow): readonly Construct[] {
  const words: readonly Word[] = ["repeat", "for", "scan", "while"];
  return words.map((word) => ({ name: word, weight: 1, make: rounds(word, all, grow) }));
}
