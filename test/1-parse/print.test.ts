import { expect, it } from "vitest";
import { printAst } from "../../src/1-parse/print.ts";
import { parsed } from "./helpers.ts";

it("prints trees as lists", () => {
  const text = `import { a, b as c } from "./d.nn"
const k = 2
derive f(x: [n]): value, gradient(x, y)
fn f(x: [..., n], y: index(k)[m] = 3) = -x[1:, 0].T + (y - 1) * 2^k^3 - if not x < 1 then true else f(x, axis = -1)
model M {
  input x: [batch]
  frozen param W: [n]
  state s = zeros
  output p
  loss l = [[i < n, 1 <= j < m] -> x, "t"]
  h, _ = [i < n] -> { return 1, 2 }
  g = scan t in 0 : T carry h = 1 yield y max 9 { next h = y }
  w = while a carry b = 1 { next b = 2 }
  r = repeat l < 3 carry b = 1 { next b = 2 }
  use e = dense(units = 3)
  train sgd(0.1)
}`;
  expect(printAst(parsed(text))).toBe(`(import "./d.nn" a (b as c))
(const k 2)
(derive f (parameters (x [real n])) value (gradient x y))
(fn f (parameters (x [real ... n]) (y [(index k) m] = 3))
  (return
    ((- (member (subscript x (slice 1 - -) 0) T))
      + ((group (y - 1)) * (2 ^ (k ^ 3)))
      - (if (not (x < 1)) true (call f x axis = (- 1))))))
(model M
  (input x [real batch])
  (frozen param W [real n] -)
  (state s - zeros)
  (output p -)
  (loss l (list (map (i - n) (j 1 m) x) "t"))
  (let h _ (map (i - n)
      (return 1 2)))
  (let g (scan t 0 T (carry h 1) (yield y) (max 9)
      (next h y)))
  (let w (while a (carry b 1)
      (next b 2)))
  (let r (repeat l 3 (carry b 1)
      (next b 2)))
  (use e (call dense units = 3))
  (train (call sgd 0.1)))
`);
});
