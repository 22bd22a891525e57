/** `repeat`: written out at compile time. */
import * as dims from "../../src/ir/dim.ts";
import type { Construct, Grow } from "./construct.ts";
import { Scope, tamed } from "./scope.ts";
import { bindingOf, fits, op, reference, strength, typeOf, type Binding, type Term } from "./terms.ts";

/**
 * `repeat r < 3 carry a = x, b = y { u = ...  next a = ...  next b = ... }`: one carry or two, all of which take their next values
 * together; the round is an integer.
 */
function repeat(constructs: () => readonly Construct[], grow: Grow) {
  const make = (s: Scope): Term | null => {
    const isNested = s.options.inline;
    const x = s.number((t) => t.element === "real");
    if (x === null || (isNested && s.rng.chance(0.3))) return null;
    const y = !isNested && s.rng.chance(0.3) ? s.number((t) => t.element === "real") : null;
    const id = String(s.options.counter.next++);
    const starts = y === null ? [x] : [x, y];
    const carries = starts.map((t, k) => bindingOf(`${k === 0 ? "h" : "c"}${id}`, t.type));
    const inner = new Scope({ ...s.options, parameter: () => null, inline: true });
    // What has a name outside may be used inside.
    for (const term of s.pool) if (term.size === 1) inner.pool.push(term);
    const round = op("round", typeOf("index", []), [], () => `r${id}`);
    if (s.rng.chance(0.3)) inner.pool.push(round);
    for (const carry of carries) inner.declare(carry);
    const ofBody = !isNested && s.rng.chance(0.25) ? [{ name: "repeat", weight: 1, make }] : constructs();
    const local = s.rng.chance(0.4) ? made(inner, ofBody, grow) : null;
    const name: Binding | null = local === null ? null : bindingOf(`u${id}`, local.type);
    if (name !== null) inner.declare(name);
    grow(inner, constructs(), 2);
    const next = carries.map((carry) => {
      const body = [...inner.pool].reverse().find((t) => fits(t.type, carry.type)) ?? reference(carry);
      return tamed(chosenBy(inner, round, body, carry));
    });
    const rounds = s.sizeText(dims.constant(s.rng.pick([2, 3])));
    const end = s.rng.pick(["\n", "; "]);
    const text = (o: readonly string[]): string => {
      const given = carries.map((carry, k) => `${carry.name} = ${o[k]}`);
      const then = carries.map((carry, k) => `next ${carry.name} = ${o[carries.length + k]}`);
      const first = name === null ? [] : [`${name.name} = ${o[2 * carries.length]}`];
      return `repeat r${id} < ${rounds} carry ${given.join(", ")} { ${[...first, ...then].join(end)} }`;
    };
    const operands = [...starts, ...next, ...(local === null ? [] : [local])];
    const loop = op("repeat-loop", x.type, operands, text, { strength: strength.prefix });
    if (y === null) return loop;
    const results = s.defineAll(loop, [x.type, y.type]);
    s.pool.push(results[1]);
    return results[0];
  };
  return make;
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
  return [{ name: "repeat", weight: 1, make: repeat(all, grow) }];
}
